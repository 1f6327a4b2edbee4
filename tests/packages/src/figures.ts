/** What an SDK costs its users before it does anything: time to import, and size on disk. Other clients beside it, in the same run. */
import { lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeBinary } from './nodes.ts'
import { run } from './tool.ts'

const roundCount = 15

/** Something to import, and where it is installed. */
export interface Candidate {
  readonly name: string
  /** What is imported, one after the other; paths count, too. */
  readonly specifiers: readonly string[]
  readonly project: string
  /** Absent: its size is not that of an installation. */
  readonly isInstalled?: boolean
}

export interface Figure {
  readonly name: string
  /** The median and the least of fresh processes, in milliseconds; without the start of Node. */
  readonly importMs: number
  readonly importLeastMs: number
  /** Of `node_modules` on disk; undefined for what is not installed. */
  readonly installedBytes: number | undefined
  readonly packageCount: number | undefined
}

/** Blocks that a folder takes on disk, as `du` counts them. */
export function sizeOnDisk(path: string): number {
  const stat = lstatSync(path)
  const own = stat.blocks === undefined ? stat.size : stat.blocks * 512
  if (!stat.isDirectory()) return own
  return readdirSync(path).reduce((sum, name) => sum + sizeOnDisk(join(path, name)), own)
}

/** How many packages npm put there. */
function countPackages(directory: string): number {
  const found = readdirSync(directory).filter((name) => !name.startsWith('.'))
  return found.reduce(
    (count, name) => count + (name.startsWith('@') ? readdirSync(join(directory, name)).length : 1),
    0,
  )
}

function timeImport(node: NodeBinary, { specifiers, project }: Candidate): number {
  const imports = specifiers.map((specifier) => `await import(${JSON.stringify(specifier)})`)
  const program = `const start = performance.now()\n${imports.join('\n')}\nconsole.log(performance.now() - start)\nprocess.exit()\n`
  const file = join(project, 'import-time.mjs')
  writeFileSync(file, program)
  return Number(run(node.path, [file], project))
}

/** Candidates take turns, so that a busy machine is busy for all of them. */
export function measure(node: NodeBinary, candidates: readonly Candidate[]): Figure[] {
  const times = candidates.map((): number[] => [])
  for (let round = 0; round < roundCount; round++) {
    candidates.forEach((candidate, index) => {
      times[index]?.push(timeImport(node, candidate))
    })
  }
  return candidates.map(({ name, project, isInstalled }, index) => {
    const sorted = (times[index] ?? []).sort((a, b) => a - b)
    const modules = join(project, 'node_modules')
    return {
      name,
      importMs: sorted[roundCount >> 1] ?? Number.NaN,
      importLeastMs: sorted[0] ?? Number.NaN,
      installedBytes: isInstalled ? sizeOnDisk(modules) : undefined,
      packageCount: isInstalled ? countPackages(modules) : undefined,
    }
  })
}

/** As text, in columns. */
export function formatFigures(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length))
  const rows = figures.map(({ name, importMs, importLeastMs, installedBytes, packageCount }) => {
    const size = installedBytes === undefined ? '' : `${(installedBytes / 1_000_000).toFixed(2)} MB`
    const columns = [`${importMs.toFixed(1)} ms`, `${importLeastMs.toFixed(1)} ms`, size, packageCount ?? '']
    return `${name.padEnd(width)}${columns.map((column) => String(column).padStart(11)).join('')}`
  })
  const titles = ['import', 'least', 'installed', 'packages'].map((title) => title.padStart(11)).join('')
  return [`${''.padEnd(width)}${titles}`, ...rows].join('\n')
}
