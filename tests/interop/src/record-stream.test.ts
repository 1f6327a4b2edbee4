import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { ReceivedRecord } from './delivery.ts'
import {
  consoleParser,
  delimitedParser,
  encodeDelimited,
  encodeFrame,
  encodeJsonLine,
  frameParser,
  jsonLineParser,
  type OutputParser,
} from './record-stream.ts'

const sent: ReceivedRecord[] = ['', 'Package: ä\n 12,3\n', '\n\n', 'x'.repeat(5000)].map((text, offset) => ({
  partition: offset % 3,
  offset,
  key: `key-${offset}`,
  value: Buffer.from(text),
}))

/** Gives `bytes` to the parser in pieces, cut by a seed. */
function inPieces(bytes: Buffer, seed: number, parser: OutputParser): void {
  const random = seededRandom(seed)
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + randomBelow(random, seed % 2 === 0 ? 8 : 3000)
    parser(bytes.subarray(start, end))
    start = end
  }
}

const outputs = [
  {
    name: 'frames',
    parser: frameParser,
    encode: ({ partition, offset, key, value }: ReceivedRecord) =>
      encodeFrame(partition, offset, Buffer.from(key), value),
  },
  {
    name: 'the output of ConsoleConsumer',
    parser: consoleParser,
    encode: ({ partition, offset, key, value }: ReceivedRecord) =>
      Buffer.concat([
        Buffer.from(`Partition:${partition}\x01Offset:${offset}\x01${key}\x01`),
        value,
        Buffer.from('\x02'),
      ]),
  },
  {
    name: 'lines of JSON',
    parser: jsonLineParser,
    encode: ({ partition, offset, key, value }: ReceivedRecord) =>
      Buffer.from(
        `${JSON.stringify({ partition, offset, key: Buffer.from(key).toString('base64'), value: value.toString('base64') })}\n`,
      ),
  },
]

describe.each(outputs)('$name', ({ parser, encode }) => {
  it('gives every record whole, however the output is cut', () => {
    const bytes = Buffer.concat(sent.map(encode))
    for (let seed = 1; seed <= 20; seed++) {
      const got: ReceivedRecord[] = []
      inPieces(
        bytes,
        seed,
        parser((record) => got.push({ ...record, value: Buffer.from(record.value) })),
      )
      expect(got, `seed ${seed}`).toEqual(sent)
    }
  })

  it('refuses what is no record', () => {
    expect(() => parser(() => {})(Buffer.from(`${'a surprise '.repeat(20)}\n\x02`))).toThrow()
  })
})

describe('records for producers', () => {
  it('travel delimited and come back', () => {
    const bytes = Buffer.concat(sent.map(({ key, value }) => encodeDelimited({ key, value, section: '' })))
    for (let seed = 1; seed <= 20; seed++) {
      const got: [string, string][] = []
      inPieces(
        bytes,
        seed,
        delimitedParser((key, value) => got.push([key.toString(), value.toString()])),
      )
      expect(got, `seed ${seed}`).toEqual(sent.map(({ key, value }) => [key, value.toString()]))
    }
  })

  it('are one line of JSON each', () => {
    const line = encodeJsonLine({ key: 'a', value: Buffer.from('x\ny'), section: '' }).toString()
    expect(line).toBe('{"key":"YQ==","value":"eAp5"}\n')
  })
})
