/** What the reference is about: the packages that users import, and of these every entry that is published. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folders of packages whose exports people write code against. What builds on them is documented by its sources. */
export const documentedFolders = [
  'producer',
  'consumer',
  'admin',
  'client',
  'serde',
  'assignor',
  'testing',
  'millrace',
] as const

interface Manifest {
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly publishConfig: { readonly exports: Readonly<Record<string, unknown>> }
}

/** The source files of the published entries of a manifest. Worker entries are started by our own code: nobody imports them. */
export function publishedSources(manifest: Manifest): string[] {
  return Object.keys(manifest.publishConfig.exports)
    .filter((subpath) => !subpath.endsWith('/worker'))
    .map((subpath) => {
      const source = manifest.exports[subpath]?.['@millrace/source']
      if (source === undefined) throw new Error(`The published entry ${subpath} has no source in exports`)
      return source
    })
}

/** Absolute paths of every entry, the umbrella last: what it exports again is documented where it comes from. */
export function entryFiles(root: string): string[] {
  return documentedFolders.flatMap((folder) => {
    const directory = join(root, 'packages', folder)
    const manifest: Manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return publishedSources(manifest).map((source) => join(directory, source))
  })
}
