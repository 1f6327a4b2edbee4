import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cacheDirectory, isAtLeast } from '../toolchain.mjs'

const toolchain = fileURLToPath(new URL('../toolchain.mjs', import.meta.url))
const childModule = fileURLToPath(new URL('../child.mjs', import.meta.url))

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bootstrap-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('isAtLeast', () => {
  it.each([
    ['v24.11.0', '24.11.0', true],
    ['v24.10.9', '24.11.0', false],
    ['v26.0.0', '24.11.0', true],
    ['v20.20.2', '24.11.0', false],
  ])('%s against %s is %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected)
  })
})

describe('cacheDirectory', () => {
  it('follows MILLRACE_CACHE, then the cache folder of the user', () => {
    expect(cacheDirectory({ MILLRACE_CACHE: '/a' })).toBe('/a')
    expect(cacheDirectory({ XDG_CACHE_HOME: '/b' })).toBe('/b/millrace')
  })
})

describe('fetching a tool', () => {
  it('says what to do when the registry cannot be reached', () => {
    const script = `import { ensurePnpm } from ${JSON.stringify(toolchain)}
      try { ensurePnpm() } catch (error) { console.log(error.constructor.name, error.message) }`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        MILLRACE_CACHE: directory,
        npm_config_registry: 'http://127.0.0.1:9',
        npm_config_fetch_retries: '0',
      },
    })
    expect(stdout).toContain('BootstrapError Could not fetch')
    expect(stdout).toContain('Is the package registry reachable?')
  })
})

describe('become', () => {
  const launch = (program: string, options: object = {}) => {
    const file = join(directory, 'child.mjs')
    writeFileSync(file, program)
    const script = `import { become } from ${JSON.stringify(childModule)}
      become(process.execPath, [${JSON.stringify(file)}, 'a b', 'c'], ${JSON.stringify(options)})`
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  }
  const ended = (child: ReturnType<typeof launch>) =>
    new Promise<{ code: number | null; signal: string | null; output: string }>((resolve) => {
      let output = ''
      child.stdout?.on('data', (bytes) => {
        output += bytes
      })
      child.on('close', (code, signal) => resolve({ code, signal, output }))
    })

  it('passes arguments, output and the exit code through', async () => {
    const { code, output } = await ended(launch(`console.log(JSON.stringify(process.argv.slice(2))); process.exit(7)`))
    expect([code, output.trim()]).toEqual([7, '["a b","c"]'])
  })

  it('passes signals on, and ends by the signal that ended the child', async () => {
    const child = launch(
      `process.on('SIGTERM', () => { console.log('asked'); process.exit(3) }); console.log('up'); setInterval(() => {}, 1000)`,
    )
    child.stdout?.once('data', () => child.kill('SIGTERM'))
    expect(await ended(child)).toMatchObject({ code: 3, output: expect.stringContaining('asked') })
    const killed = launch(`console.log('up'); setInterval(() => {}, 1000)`)
    killed.stdout?.once('data', () => killed.kill('SIGTERM'))
    expect((await ended(killed)).signal).toBe('SIGTERM')
  })

  it('gives a bound child a channel that closes when the launcher is killed', async () => {
    const program = `process.on('disconnect', () => { process.stdout.write('alone'); process.exit(0) }); console.log(process.pid, process.env.MILLRACE_BOUND_TO_PARENT)`
    const child = launch(program, { bound: true })
    child.stdout?.once('data', () => child.kill('SIGKILL'))
    const { signal, output } = await ended(child)
    expect(signal).toBe('SIGKILL')
    expect(output).toMatch(/^\d+ 1\nalone$/)
  })
})
