/** The Nodes that packages are run with: those that are there, and others fetched from npm into the user's cache folder. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { root, run } from './tool.ts'

export interface NodeBinary {
  readonly path: string
  /** Such as `22.18.0`: what it says of itself. */
  readonly version: string
}

interface Toolchain {
  readonly node: Readonly<Record<string, { readonly package: string; readonly binary: string }>>
}

function probe(path: string): NodeBinary {
  return { path, version: run(path, ['--version']).trim().replace(/^v/, '') }
}

/** As tools/bootstrap has it. */
function cacheFolder(): string {
  return process.env.MILLRACE_CACHE ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace')
}

/** Fetches the package that has the binary of this platform; once, and renamed into place, so that two may do it at once. */
function fetchNode(version: string): NodeBinary {
  const platform = `${process.platform}-${process.arch}`
  const toolchain: Toolchain = JSON.parse(readFileSync(join(root, 'tools/bootstrap/toolchain.json'), 'utf8'))
  const source = toolchain.node[platform]
  if (source === undefined) throw new Error(`No package with a Node is known for ${platform}: use --node FILE`)
  const directory = join(cacheFolder(), `node-${version}-${platform}`)
  const binary = join(directory, 'node_modules', source.package, source.binary)
  if (existsSync(binary)) return probe(binary)
  console.log(`Fetching Node ${version} (once; kept in ${cacheFolder()})`)
  mkdirSync(cacheFolder(), { recursive: true })
  const temporary = mkdtempSync(join(cacheFolder(), 'fetch-'))
  try {
    const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
    run('npm', ['install', ...flags, '--prefix', temporary, `${source.package}@${version}`], temporary)
    if (!existsSync(directory)) renameSync(temporary, directory)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return probe(binary)
}

/** Every Node once, by version. */
export function findNodes({ nodeFiles, nodeVersions }: Pick<Options, 'nodeFiles' | 'nodeVersions'>): NodeBinary[] {
  const found = [...nodeFiles.map(probe), ...nodeVersions.map(fetchNode)]
  return [...new Map(found.map((node) => [node.version, node])).values()]
}
