/** What published files import: only what their package declares, and all of it importable where its peers are there. */
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { NodeBinary } from './nodes.ts'
import type { Entry, Manifest, PublicPackage } from './packages.ts'
import { attempt } from './tool.ts'

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Names of the packages that a file and its chunks import when they run. Dynamic imports do not count: they may fail. */
export async function importedPackages(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const found = Object.values(metafile.inputs)
    .flatMap(({ imports }) => imports)
    .filter(({ external, kind, path }) => external === true && kind === 'import-statement' && !isBuiltin(path))
  return [...new Set(found.map(({ path }) => packageName(path)))]
}

/** Names of the packages that the type declarations of a folder refer to. */
function packagesInTypes(directory: string): string[] {
  const declarations = readdirSync(directory).filter((name) => name.endsWith('.d.ts'))
  const specifiers = declarations.flatMap((name) =>
    Array.from(
      readFileSync(join(directory, name), 'utf8').matchAll(
        /\bfrom\s+["']([^"'.][^"']*)["']|\bimport\(["']([^"'.][^"']*)["']\)/g,
      ),
      (match) => match[1] ?? match[2] ?? '',
    ),
  )
  return [...new Set(specifiers.filter((specifier) => !isBuiltin(specifier)).map(packageName))]
}

function declaredPackages({ name, dependencies, optionalDependencies, peerDependencies }: Manifest): string[] {
  return [name, ...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })]
}

/** In a flat `node_modules` a package that is not declared is often found all the same, and elsewhere it is not. */
export async function checkDeclared({ manifest, entries, directory }: PublicPackage): Promise<void> {
  const declared = declaredPackages(manifest)
  const commands = Object.keys(manifest.bin ?? {}).length > 0 ? [join(directory, 'dist/bin.js')] : []
  const files = [...entries.map(({ file }) => file), ...commands]
  const imported = await Promise.all(files.map(importedPackages))
  const missing = [...imported.flat(), ...packagesInTypes(dirname(files[0] ?? directory))].filter(
    (name) => !declared.includes(name),
  )
  if (missing.length > 0) throw new Error(`imported and not declared: ${[...new Set(missing)].join(', ')}`)
}

/** An entry for a worker is imported in one; others where they are. Prints how many names it exports. */
function importProgram({ specifier, isWorker }: Entry): string {
  const name = JSON.stringify(specifier)
  if (!isWorker) return `console.log(Object.keys(await import(${name})).length)`
  return `import { Worker } from 'node:worker_threads'
const code = "import('node:worker_threads').then(({ parentPort }) => import(" + ${JSON.stringify(name)} + ").then(() => parentPort.postMessage('loaded')))"
const worker = new Worker(code, { eval: true })
worker.once('message', () => worker.terminate())
worker.once('exit', () => console.log(1))`
}

const importArguments = (entry: Entry) => ['--input-type=module', '--eval', importProgram(entry)]

/** Imports an entry in a process that must end by itself, silently. */
export function checkImport(entry: Entry, node: NodeBinary, project: string): void {
  const { status, stdout, stderr } = attempt(node.path, importArguments(entry), project)
  if (status !== 0) throw new Error(`${entry.specifier}: exit ${status}\n${stderr}`)
  if (stderr !== '') throw new Error(`${entry.specifier} writes to standard error:\n${stderr}`)
  if (Number(stdout) === 0) throw new Error(`${entry.specifier} exports nothing`)
}

/** Imports an entry where a peer is not installed: the error must name it. */
export function checkImportWithout(peer: string, entry: Entry, node: NodeBinary, project: string): void {
  const { status, stderr } = attempt(node.path, importArguments(entry), project)
  if (status === 0) throw new Error(`${entry.specifier} is imported without ${peer}`)
  const isClear = stderr.includes(`Cannot find package '${peer}'`) && stderr.includes('ERR_MODULE_NOT_FOUND')
  if (!isClear) throw new Error(`${entry.specifier} without ${peer} says something else:\n${stderr}`)
}
