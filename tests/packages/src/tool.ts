/** Runs other programs: tools of the workspace, npm, and programs of the packages under test. */
import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

const timeoutMs = 180_000

/** What npm exports to scripts would change what a nested npm does; where packages come from is kept. */
const keptSettings = ['registry', 'userconfig', 'cache', 'cafile', 'https_proxy', 'proxy'].map(
  (name) => `npm_config_${name}`,
)

/** The environment of a user: without the condition that finds sources, without the settings of the npm that runs this. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_/i.test(name) || keptSettings.includes(name.toLowerCase()),
  )
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`
  return { ...Object.fromEntries(kept), NODE_OPTIONS: '', NODE_COMPILE_CACHE: '', PATH: path }
}

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, whatever that is. */
export function attempt(command: string, args: readonly string[], cwd: string = root): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: userEnvironment(),
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
  })
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error === undefined ? '' : `${error.message}\n`}` }
}

/** Runs a program that must end with 0; gives what it printed. Fails with it, too. */
export function run(command: string, args: readonly string[], cwd: string = root): string {
  const { status, stdout, stderr } = attempt(command, args, cwd)
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`)
}
