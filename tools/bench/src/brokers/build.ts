/** The `millrace` command as it is published: bundled, in a folder of its own, built once per run. */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '@millrace/peers'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const source = join(root, 'packages/millrace')
const buildLimitMs = 120_000

/** Builds into `target`, which does not exist yet; the file to run. */
export async function buildCommand(target: string): Promise<string> {
  mkdirSync(target)
  const child = new Child({
    name: 'tsdown',
    command: join(root, 'node_modules/.bin/tsdown'),
    args: ['--out-dir', join(target, 'dist')],
    cwd: source,
    env: { NODE_OPTIONS: '', NO_COLOR: '1' },
  })
  child.stdin.end()
  await child.succeeds(buildLimitMs)
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  writeFileSync(join(target, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }))
  cpSync(join(source, 'README.md'), join(target, 'README.md'))
  // Where the optional native modules are, as after an installation.
  symlinkSync(join(source, 'node_modules'), join(target, 'node_modules'))
  return join(target, 'dist/bin.js')
}
