/** The published clients at work: as they are installed, and bundled into one file. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { NodeBinary } from './nodes.ts'
import { run } from './tool.ts'

/** Programs of this package, and what each needs installed. */
export const programs = {
  clients: ['@millrace/producer', '@millrace/consumer', '@millrace/admin'],
  umbrella: ['millrace'],
}
export type Program = keyof typeof programs

/** Packages that a program which only uses the clients has no use for. */
const brokerPackages = ['broker', 'storage', 'raft', 'metadata', 'coordinator', 'cli']

/** Puts a program where its packages are installed; gives its path. */
export function placeProgram(program: Program, project: string): string {
  const target = join(project, `${program}.mjs`)
  copyFileSync(fileURLToPath(new URL(`../programs/${program}.mjs`, import.meta.url)), target)
  return target
}

export interface Bundle {
  readonly path: string
  /** In bytes. */
  readonly size: number
}

/** Bundles with esbuild as it comes: one file, no plugin, nothing external but Node's own modules. Fails on a warning. */
export async function bundleProgram(file: string, outfile: string, minify = false): Promise<Bundle> {
  const { warnings, metafile } = await build({
    entryPoints: [file],
    outfile,
    minify,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.18',
    metafile: true,
    logLevel: 'silent',
  })
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
  const unwanted = brokerPackages.filter((name) =>
    Object.keys(metafile.inputs).some((path) => path.includes(`node_modules/@millrace/${name}/`)),
  )
  if (unwanted.length > 0) throw new Error(`the bundle has parts of ${unwanted.join(', ')}`)
  return { path: outfile, size: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Runs a program against a broker, in a folder where nothing is installed: what it needs it has, or finds beside itself. */
export function checkProgram(
  node: NodeBinary,
  file: string,
  address: string,
  topic: string,
  emptyFolder: string,
): void {
  mkdirSync(emptyFolder, { recursive: true })
  const output = run(node.path, [file, address, topic], emptyFolder)
  const expected = 'read gzip lz4 none snappy zstd\n'
  if (output !== expected) throw new Error(`expected ${JSON.stringify(expected)}, it printed ${JSON.stringify(output)}`)
}
