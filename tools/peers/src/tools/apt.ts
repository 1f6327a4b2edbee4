/** Programs and the package index from apt. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Child } from '../child.ts'

const installLimitMs = 180_000

/** Whether a program is on the PATH. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0
}

/** Installs packages unless their programs are there; which. `programs` maps each program to the package that has it. */
export async function ensurePrograms(programs: Readonly<Record<string, string>>): Promise<string[]> {
  const missing = Object.keys(programs).filter((name) => !hasProgram(name))
  if (missing.length === 0) return []
  const packages = [...new Set(missing.map((name) => programs[name]!))]
  await install(packages)
  const stillMissing = missing.filter((name) => !hasProgram(name))
  if (stillMissing.length > 0) throw new Error(`apt-get installed ${packages.join(', ')}, but not ${stillMissing}`)
  return packages
}

/** Installs packages unless a file of each is there. `files` maps each file to the package that has it. */
export async function ensurePackages(files: Readonly<Record<string, string>>): Promise<void> {
  const missing = Object.keys(files).filter((path) => !existsSync(path))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((path) => files[path]!))]
  await install(packages)
  const stillMissing = missing.filter((path) => !existsSync(path))
  if (stillMissing.length > 0) throw new Error(`apt-get installed ${packages.join(', ')}, but not ${stillMissing}`)
}

async function install(packages: readonly string[]): Promise<void> {
  await runApt(['update'], packages)
  await runApt(['install', '-y', '--no-install-recommends', ...packages], packages)
}

/** Fetches the package lists. */
export function updateIndex(): Promise<void> {
  return runApt(['update'], [])
}

async function runApt(args: readonly string[], packages: readonly string[]): Promise<void> {
  const remedy = packages.length === 0 ? 'apt-get update' : `apt-get update && apt-get install ${packages.join(' ')}`
  if (!hasProgram('apt-get')) {
    throw new Error(`This machine has no apt-get: the suite needs a Debian or Ubuntu with what \`${remedy}\` installs`)
  }
  const isRoot = process.getuid?.() === 0
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(`Something is missing and this user may not install it. Run as root: ${remedy}`)
  }
  const [command, ...before] = isRoot ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  const child = new Child({
    name: `apt-get ${args.join(' ')}`,
    command: command!,
    args: [...before, '-q', ...args],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  })
  child.stdin.end()
  await child.succeeds(installLimitMs)
}
