/** How records travel into producing programs and out of consuming ones: encoders and parsers of bytes that arrive in pieces. Pure. */
import type { ReceivedRecord } from './delivery.ts'
import { keyEnd, valueEnd } from './package-index.ts'
import type { PackageRecord } from './record-set.ts'

/** Takes output piece by piece; throws when it is not what a consumer prints. */
export type OutputParser = (chunk: Buffer) => void

const recordSizeMax = 16 << 20
const headerSizeMax = 64

/** `key 0x01 value 0x02`. */
export function encodeDelimited({ key, value }: PackageRecord): Buffer {
  const record = Buffer.allocUnsafe(Buffer.byteLength(key) + value.length + 2)
  const keySize = record.write(key)
  record[keySize] = keyEnd
  value.copy(record, keySize + 1)
  record[record.length - 1] = valueEnd
  return record
}

/** A line of JSON for `millrace produce --json --encoding base64`: JSON has no bytes. */
export function encodeJsonLine({ key, value }: PackageRecord): Buffer {
  const fields = { key: Buffer.from(key).toString('base64'), value: value.toString('base64') }
  return Buffer.from(`${JSON.stringify(fields)}\n`)
}

/** The records of `key 0x01 value 0x02`, for the programs that read them. */
export function delimitedParser(onRecord: (key: Buffer, value: Buffer) => void): OutputParser {
  return splitter(valueEnd, (record) => {
    const end = record.indexOf(keyEnd)
    if (end === -1) throw new Error(`A record has no key: ${preview(record)}`)
    onRecord(record.subarray(0, end), record.subarray(end + 1))
  })
}

/** A record as `partition,offset,keySize,valueSize\n` and the two byte strings. */
export function encodeFrame(partition: number, offset: number, key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${partition},${offset},${key.length},${value.length}\n`), key, value])
}

/** The same as a format of kcat's `-f`. */
export const kcatFrameFormat = '%p,%o,%K,%S\\n%k%s'

export function frameParser(onRecord: (record: ReceivedRecord) => void): OutputParser {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    let start = 0
    for (;;) {
      const frame = readFrame(pending, start)
      if (frame === undefined) break
      onRecord(frame.record)
      start = frame.end
    }
    pending = pending.subarray(start)
  }
}

/** The frame at `start`; undefined while it is not all there. */
function readFrame(bytes: Buffer, start: number): { record: ReceivedRecord; end: number } | undefined {
  const headerEnd = bytes.indexOf(0x0a, start)
  if (headerEnd === -1 || headerEnd - start > headerSizeMax) {
    if (bytes.length - start > headerSizeMax)
      throw new Error(`No header of a record: ${preview(bytes.subarray(start))}`)
    return undefined
  }
  const header = bytes.toString('latin1', start, headerEnd)
  const match = /^(\d+),(\d+),(\d+),(\d+)$/.exec(header)
  if (match === null) throw new Error(`No header of a record: ${JSON.stringify(header)}`)
  const [partition, offset, keySize, valueSize] = match.slice(1).map(Number) as [number, number, number, number]
  if (keySize + valueSize > recordSizeMax) throw new Error(`A record of ${keySize} and ${valueSize} bytes`)
  const keyStart = headerEnd + 1
  const valueStart = keyStart + keySize
  const end = valueStart + valueSize
  if (end > bytes.length) return undefined
  const key = bytes.toString('utf8', keyStart, valueStart)
  return { record: { partition, offset, key, value: bytes.subarray(valueStart, end) }, end }
}

/** What ConsoleConsumer prints with partition, offset and key, separated by 0x01, each record closed by 0x02. */
export function consoleParser(onRecord: (record: ReceivedRecord) => void): OutputParser {
  return splitter(valueEnd, (bytes) => {
    const ends = [bytes.indexOf(keyEnd)]
    while (ends.length < 3 && ends.at(-1) !== -1) ends.push(bytes.indexOf(keyEnd, ends.at(-1)! + 1))
    const [first, second, third] = ends as [number, number, number]
    const head = bytes.toString('latin1', 0, Math.max(second, 0)).replace(String.fromCharCode(keyEnd), ' ')
    const place = /^Partition:(\d+) Offset:(\d+)$/.exec(head)
    if (place === null || ends.length < 3 || third === -1) throw new Error(`Not a record: ${preview(bytes)} ${first}`)
    onRecord({
      partition: Number(place[1]),
      offset: Number(place[2]),
      key: bytes.toString('utf8', second + 1, third),
      value: bytes.subarray(third + 1),
    })
  })
}

/** The lines of `millrace consume --json --encoding base64`. */
export function jsonLineParser(onRecord: (record: ReceivedRecord) => void): OutputParser {
  return splitter(0x0a, (line) => {
    const { partition, offset, key, value } = JSON.parse(line.toString()) as Record<string, unknown>
    const isRecord = Number.isInteger(partition) && Number.isInteger(offset)
    if (!isRecord) throw new Error(`Not a record: ${preview(line)}`)
    onRecord({
      partition: partition as number,
      offset: offset as number,
      key: decodeBase64(key).toString(),
      value: decodeBase64(value),
    })
  })
}

function decodeBase64(field: unknown): Buffer {
  if (typeof field !== 'string') throw new Error(`Not base64: ${JSON.stringify(field)}`)
  return Buffer.from(field, 'base64')
}

/** Calls `onPart` with what is before each `end`; the pieces of a part are joined once, however many they are. */
function splitter(end: number, onPart: (part: Buffer) => void): OutputParser {
  let pieces: Buffer[] = []
  let size = 0
  return (chunk) => {
    let start = 0
    for (let found = chunk.indexOf(end); found !== -1; found = chunk.indexOf(end, start)) {
      const part = chunk.subarray(start, found)
      start = found + 1
      if (pieces.length === 0) {
        onPart(part)
        continue
      }
      const whole = Buffer.concat([...pieces, part])
      pieces = []
      size = 0
      onPart(whole)
    }
    if (start === chunk.length) return
    size += chunk.length - start
    if (size > recordSizeMax) throw new Error(`A record of more than ${recordSizeMax} bytes`)
    pieces.push(chunk.subarray(start))
  }
}

function preview(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, 120))
}
