/**
 * Builds and packs every published package, checks the tarballs, and runs the bundled command from an empty folder.
 * `npm run test:packages`, with `-- --node FILE` for another Node to run the command with; ends with `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkCommand } from './command.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const workspace = mkdtempSync(join(tmpdir(), 'millrace-packages-'))
let passedCount = 0
let failedCount = 0

async function check(name: string, action: () => void | Promise<void>): Promise<void> {
  try {
    await action()
    passedCount++
    console.log(`passed  ${name}`)
  } catch (error) {
    failedCount++
    console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : error}`)
  }
}

/** Runs a tool of the workspace; fails with what it printed. */
function run(command: string, args: readonly string[], cwd = root): string {
  // The packages are looked at as users get them: without the condition that finds sources.
  const env = { ...process.env, NODE_OPTIONS: '', PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${result.error?.message ?? `exit ${result.status}`}\n${output}`)
  return output
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
}

const folders = readdirSync(join(root, 'packages')).filter((name) => {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
  return manifest.private !== true
})

await check('every package builds', () => void run('turbo', ['run', 'build']))
for (const folder of folders) {
  const directory = join(root, 'packages', folder)
  const packed = join(workspace, folder)
  mkdirSync(packed)
  await check(
    `${folder}: the manifest is what Node and bundlers want (publint)`,
    () => void run('publint', ['--strict', directory]),
  )
  await check(`${folder}: the types resolve (attw)`, () => {
    run('pnpm', ['pack', '--pack-destination', packed], directory)
    const [tarball] = readdirSync(packed)
    run('attw', [join(packed, tarball ?? ''), '--profile', 'esm-only', '--format', 'ascii'])
  })
}
await check('the bundled command does its job from an empty folder', async () => {
  const packed = join(workspace, 'millrace')
  const [tarball] = readdirSync(packed)
  run('tar', ['-xzf', tarball ?? ''], packed)
  await checkCommand(join(packed, 'package/dist/bin.js'), join(workspace, 'empty'))
})

for (const folder of folders) rmSync(join(root, 'packages', folder, 'dist'), { recursive: true, force: true })
rmSync(workspace, { recursive: true, force: true })
console.log(`${passedCount} passed, ${failedCount} failed`)
process.exitCode = failedCount === 0 ? 0 : 1
