/** The package index of this machine, as records: one for each stanza of `apt-cache dumpavail`. */
import { spawn } from 'node:child_process'
import { type PackageRecord, RecordSet, type SectionCounts } from './record-set.ts'

/** Fewer packages than this are no index: its lists were never fetched. */
export const stanzaCountMin = 10_000
/** Far above every index there is. */
const indexSizeMax = 1 << 30

/** Bytes that separate keys and values on the way into a client; a record must not have them. */
export const keyEnd = 0x01
export const valueEnd = 0x02

/** The stanzas of `text`; a stanza keeps its line ends, also its last one, and loses the empty line after it. */
export function parseIndex(text: Buffer): PackageRecord[] {
  const records: PackageRecord[] = []
  let start = 0
  while (start < text.length) {
    const gap = text.indexOf('\n\n', start)
    const end = gap === -1 ? text.length : gap + 1
    const value = text.subarray(start, end)
    if (value.length > 1) records.push(recordOf(value))
    start = gap === -1 ? text.length : gap + 2
  }
  return records
}

function recordOf(value: Buffer): PackageRecord {
  const text = value.toString('latin1')
  const key = /^Package: (.+)$/m.exec(text)?.[1]
  if (key === undefined) throw new Error(`A stanza has no Package: ${JSON.stringify(text.slice(0, 200))}`)
  if (value.includes(keyEnd) || value.includes(valueEnd)) {
    throw new Error(`The stanza of ${key} has a byte 1 or 2, which separate records on their way into the clients`)
  }
  return { key, value, section: /^Section: (.+)$/m.exec(text)?.[1] ?? '' }
}

/** Reads the index. Throws when apt has none; `readSectionCounts` says what it must add up to. */
export async function readPackageIndex(): Promise<RecordSet> {
  const records = parseIndex(await outputOf('apt-cache', ['dumpavail']))
  if (records.length < stanzaCountMin) {
    throw new Error(`apt-cache dumpavail has ${records.length} packages: run apt-get update`)
  }
  return new RecordSet(records)
}

/** How many packages each section has, counted by other programs than this one. */
export async function readSectionCounts(): Promise<SectionCounts> {
  const counting = "apt-cache dumpavail | sed -n 's/^Section: //p' | LC_ALL=C sort | uniq -c"
  return parseCounts((await outputOf('sh', ['-c', counting])).toString())
}

/** The lines of `uniq -c`. */
export function parseCounts(text: string): SectionCounts {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const match = /^\s*(\d+) (.+)$/.exec(line)
      if (match === null) throw new Error(`uniq -c printed ${JSON.stringify(line)}`)
      return [match[2]!, Number(match[1])]
    }),
  )
}

function outputOf(command: string, args: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > indexSizeMax) child.kill('SIGKILL')
      else chunks.push(chunk)
    })
    child.on('error', (error) => reject(new Error(`Could not run ${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(chunks))
      else reject(new Error(`${command} ended with ${signal ?? code} after ${size} bytes`))
    })
  })
}
