/** The packages that are published, as their manifests describe them, and their tarballs. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './tool.ts'

type Names = Readonly<Record<string, string>>

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Names
  readonly devDependencies?: Names
  readonly optionalDependencies?: Names
  readonly peerDependencies?: Names
  readonly bin?: Names
  readonly publishConfig?: { readonly exports: Readonly<Record<string, Names>> }
}

/** A subpath that users can import. */
export interface Entry {
  /** `@millrace/serde/msgpack` */
  readonly specifier: string
  /** The bundled file, absolute. */
  readonly file: string
  /** Runs in a worker thread: started, not imported. */
  readonly isWorker: boolean
}

export interface PublicPackage {
  readonly name: string
  /** The folder's name in `packages`. */
  readonly folder: string
  readonly directory: string
  readonly manifest: Manifest
  readonly entries: readonly Entry[]
}

export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}

function entriesOf({ name, publishConfig }: Manifest, directory: string): Entry[] {
  return Object.entries(publishConfig?.exports ?? {}).map(([subpath, targets]) => ({
    specifier: `${name}${subpath.slice(1)}`,
    file: join(directory, targets.default ?? ''),
    isWorker: /(^|\/|-)worker$/.test(subpath),
  }))
}

/** Every package that is not private. */
export function publicPackages(): PublicPackage[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const directory = join(root, 'packages', folder)
    const manifest = readManifest(directory)
    if (manifest.private === true) return []
    return [{ name: manifest.name, folder, directory, manifest, entries: entriesOf(manifest, directory) }]
  })
}

/** Packs a built package as it would be published; gives the tarball's path. */
export function pack({ directory, folder }: PublicPackage, into: string): string {
  const packed = join(into, folder)
  mkdirSync(packed, { recursive: true })
  run('pnpm', ['pack', '--pack-destination', packed], directory)
  const [tarball] = readdirSync(packed)
  if (tarball === undefined) throw new Error(`pnpm pack left nothing in ${packed}`)
  return join(packed, tarball)
}
