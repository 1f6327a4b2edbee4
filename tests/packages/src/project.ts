/** A user's project: an empty folder outside of the workspace, where npm installs what it is given. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './tool.ts'

/** Paths of packed packages, by name. */
export type Tarballs = ReadonlyMap<string, string>

/**
 * Installs `dependencies` (versions by name; those of packed packages are ignored). Packed packages come from their tarballs, also where
 * others depend on them; everything else from the registry.
 */
export function makeProject(
  directory: string,
  dependencies: Readonly<Record<string, string>>,
  tarballs: Tarballs,
): void {
  const places = Object.fromEntries(Array.from(tarballs, ([name, path]) => [name, `file:${path}`]))
  const direct = Object.entries(dependencies).map(([name, version]) => [name, places[name] ?? version])
  const indirect = Object.entries(places).filter(([name]) => dependencies[name] === undefined)
  const manifest = {
    name: 'somebodys-project',
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(direct),
    overrides: Object.fromEntries(indirect),
  }
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest, null, 2))
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'], directory)
}
