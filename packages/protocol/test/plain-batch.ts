/** The plain way to write a record batch: slow, obvious, and what the fast builder is compared with. */
import { crc32c, type Random, randomBelow } from '@millrace/base'
import type { RecordBytes, RecordInput } from '../src/records/encode.ts'

function zigZag(value: number): Buffer {
  let raw = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; raw >= 0x80n; raw >>= 7n) bytes.push(Number(raw & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(raw)])
}

function sized(bytes: RecordBytes): Buffer {
  if (bytes === null) return zigZag(-1)
  const content = Buffer.from(bytes as string)
  return Buffer.concat([zigZag(content.length), content])
}

function plainRecord(record: RecordInput, baseTimestamp: number, offsetDelta: number): Buffer {
  const headers = record.headers ?? []
  const body = Buffer.concat([
    Buffer.of(0),
    zigZag(record.timestamp - baseTimestamp),
    zigZag(offsetDelta),
    sized(record.key),
    sized(record.value),
    zigZag(headers.length),
    ...headers.flatMap(({ key, value }) => [sized(key), sized(value)]),
  ])
  return Buffer.concat([zigZag(body.length), body])
}

/** An uncompressed client batch with offset deltas 0, 1, 2 and so on. */
export function plainBatch(records: readonly RecordInput[]): Buffer {
  const baseTimestamp = records[0]?.timestamp ?? -1
  const body = Buffer.concat(records.map((record, index) => plainRecord(record, baseTimestamp, index)))
  const batch = Buffer.alloc(61 + body.length, 0xff)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - 12, 8)
  batch[16] = 2
  batch.writeInt16BE(0, 21)
  batch.writeInt32BE(records.length - 1, 23)
  batch.writeBigInt64BE(BigInt(baseTimestamp), 27)
  batch.writeBigInt64BE(BigInt(Math.max(-1, ...records.map(({ timestamp }) => timestamp))), 35)
  batch.writeInt32BE(records.length, 57)
  body.copy(batch, 61)
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

const letters = ['a', 'b', 'Z', '0', ' ', 'é', 'ß', '語', '✓', '😀', '\ud800', '\u0000', '\u007f', '\u0080']

function randomText(random: Random, length: number): string {
  const ascii = randomBelow(random, 2) === 0
  let text = ''
  while (text.length < length) text += letters[randomBelow(random, ascii ? 5 : letters.length)] as string
  return text
}

/** Sizes around the steps of varints and of the loops that copy. */
const smallSizes = [0, 1, 10, 22, 23, 24, 25, 30, 58, 59, 60, 61, 62, 63, 64, 65, 127, 128]
const sizes = [...smallSizes, 500, 2730, 2731, 4094]
const largeSizes = [8186, 8187, 8188, 8189, 8190, 8191, 8192, 8193, 20_000]

function randomBytes(random: Random, choice: readonly number[]): RecordBytes {
  const kind = randomBelow(random, 7)
  if (kind === 0) return null
  const size = choice[randomBelow(random, choice.length)] as number
  return kind < 4 ? random.bytes(size) : randomText(random, size)
}

const timestamps = [-1, 0, 1_700_000_000_000, 2 ** 52, -(2 ** 51)]

/** A record of any shape. */
export function randomRecord(random: Random): RecordInput {
  const timestamp = (timestamps[randomBelow(random, timestamps.length)] as number) + randomBelow(random, 100_000)
  const headers = Array.from({ length: randomBelow(random, 5) === 0 ? randomBelow(random, 80) : 0 }, () => ({
    key: randomText(random, randomBelow(random, 40)),
    value: randomBytes(random, smallSizes),
  }))
  const choice = randomBelow(random, 12) === 0 ? largeSizes : sizes
  return { timestamp, key: randomBytes(random, smallSizes), value: randomBytes(random, choice), headers }
}
