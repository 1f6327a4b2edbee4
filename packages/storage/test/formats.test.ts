/** The pages of `docs/formats` against the files that their examples are from, and against our decoder. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type DumpEntry, dump } from '../src/inspect.ts'
import { diskWith } from './kafka-case.ts'

const pages = fileURLToPath(new URL('../../../docs/formats', import.meta.url))
const vectors = fileURLToPath(new URL('vectors/disk', import.meta.url))

interface Row {
  readonly position: number
  readonly hex: string
  /** What the decoder must say: `name = value` in the last column. */
  readonly claims: readonly (readonly [name: string, value: string])[]
}

interface FormatExample {
  readonly page: string
  readonly fixture: string
  readonly start: number
  readonly end: number
  readonly entry: number
  readonly hexLines: readonly string[]
  readonly rows: readonly Row[]
}

function examplesOf(page: string): FormatExample[] {
  const text = readFileSync(`${pages}/${page}`, 'utf8')
  const [, ...parts] = text.split('<!-- fixture: ')
  return parts.map((part) => {
    const [, fixture = '', start, end, entry] = /^(\S+) bytes (\d+)-(\d+) entry (\d+) -->/.exec(part) ?? []
    const block = /```text\n([\s\S]*?)\n```/.exec(part)?.[1] ?? ''
    const table = part.slice(part.indexOf('| byte | hex |')).split(/\n\n/)[0] ?? ''
    return {
      page,
      fixture,
      start: Number(start),
      end: Number(end),
      entry: Number(entry),
      hexLines: block.split('\n'),
      rows: table.split('\n').slice(2).map(rowOf),
    }
  })
}

function rowOf(line: string): Row {
  const [, position, hex = '', , means = ''] = line.split('|').map((cell) => cell.trim())
  const claims = [...means.matchAll(/`([\w.]+) = ([^`]+)`/g)].map(
    ([, name, value]) => [name, value] as [string, string],
  )
  return { position: Number(position), hex: hex.replaceAll('`', ''), claims }
}

function hexOf(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function valueAt(entry: DumpEntry, path: string): string {
  const root: unknown = entry.kind === 'fields' ? entry.fields : entry
  const value = path.split('.').reduce((found, name) => (found as Record<string, unknown>)?.[name], root)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function entriesOf(fixture: string, bytes: Buffer): Promise<DumpEntry[]> {
  // An index is shown with what it points at: the other files of its directory.
  const [, directory = '', name = ''] = /^[^/]+\/[^/]+\/(?:(.*)\/)?([^/]+)$/.exec(fixture) ?? []
  const folder = `${vectors}/${fixture.slice(0, -name.length)}`
  const files = new Map(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [`${directory === '' ? '' : `${directory}/`}${entry.name}`, readFileSync(folder + entry.name)]),
  )
  expect(files.get(directory === '' ? name : `${directory}/${name}`)).toEqual(bytes)
  const entries: DumpEntry[] = []
  const path = `/data/${directory === '' ? '' : `${directory}/`}${name}`
  for await (const entry of dump(diskWith(files), path, { records: true })) entries.push(entry)
  return entries.filter(({ kind }) => kind !== 'file')
}

const names = readdirSync(pages).filter((name) => name.endsWith('.md'))
const examples = names.flatMap(examplesOf)

describe('the pages of docs/formats', () => {
  it('have an example each, but for the overview and the page about damage', () => {
    const without = names.filter((name) => !examples.some(({ page }) => page === name))
    expect(without).toEqual(['README.md', 'damage.md'])
    for (const name of names.filter((each) => each !== 'README.md')) {
      expect(readFileSync(`${pages}/README.md`, 'utf8')).toContain(`(${name})`)
    }
  })

  it.each(
    examples.map((example) => [`${example.page}: ${example.fixture} from byte ${example.start}`, example] as const),
  )('show the bytes of the file and what they mean: %s', async (_, { fixture, start, end, entry, hexLines, rows }) => {
    const bytes = readFileSync(`${vectors}/${fixture}`)
    const expected: string[] = []
    for (let at = start; at < end; at += 16) {
      const line = bytes.subarray(at, Math.min(at + 16, end))
      const text = line.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
      expected.push(`${at.toString(16).padStart(4, '0')}  ${hexOf(line).padEnd(47)}  |${text}|`)
    }
    expect(hexLines).toEqual(expected)
    const shown = (await entriesOf(fixture, bytes))[entry] as DumpEntry
    expect(rows.length).toBeGreaterThan(0)
    for (const { position, hex, claims } of rows) {
      const plain = hex.replace(/ \.\.\.$/, '')
      expect(hexOf(bytes.subarray(position, position + plain.split(' ').length)), `byte ${position}`).toBe(plain)
      for (const [name, value] of claims) expect([name, valueAt(shown, name)]).toEqual([name, value])
    }
    expect(rows.flatMap(({ claims }) => claims).length).toBeGreaterThan(0)
  })
})
