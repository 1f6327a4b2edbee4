/** The main job of the bundled command, as a user would do it: start, create, look, stop, start again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

const readyTimeoutMs = 30_000

/** What a user runs it with: the Node after `--node`, or the one that runs this. */
const nodeFlag = process.argv.indexOf('--node')
const node = nodeFlag < 0 ? process.execPath : (process.argv[nodeFlag + 1] ?? '')

/** Starts the broker on a free port; resolves with the port once it says that it is ready. */
function startBroker(bin: string, cwd: string): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(node, [bin, 'start', '--port', '0', '--data', './data'], {
    cwd,
    env: cleanEnvironment(),
  })
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(
      () => reject(new Error(`the broker is not ready after ${readyTimeoutMs} ms: ${output}`)),
      readyTimeoutMs,
    )
    const onData = (bytes: Buffer) => {
      output += bytes.toString()
      const port = /is ready on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve({ child, port })
    }
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the broker ended with ${code}: ${output}`))
    })
  })
}

function stopBroker(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit')
    child.once('exit', (code) => resolve(code))
    child.kill('SIGTERM')
  })
}

function cleanEnvironment() {
  return { ...process.env, NODE_OPTIONS: '' }
}

function expectOutput(bin: string, cwd: string, args: readonly string[], expected: string): void {
  const result = spawnSync(node, [bin, ...args], { cwd, encoding: 'utf8', env: cleanEnvironment() })
  if (result.status === 0 && result.stdout.includes(expected)) return
  throw new Error(
    `millrace ${args.join(' ')}: exit ${result.status}, expected ${JSON.stringify(expected)}\n${result.stdout}${result.stderr}`,
  )
}

/** Throws with what went wrong. */
export async function checkCommand(bin: string, emptyFolder: string): Promise<void> {
  mkdirSync(emptyFolder)
  for (const round of ['first', 'second'] as const) {
    const { child, port } = await startBroker(bin, emptyFolder)
    try {
      useBroker(bin, emptyFolder, port, round)
    } catch (error) {
      await stopBroker(child)
      throw error
    }
    const code = await stopBroker(child)
    if (code !== 0) throw new Error(`the ${round} broker ended with ${code} after SIGTERM`)
  }
}

function useBroker(bin: string, cwd: string, port: string, round: 'first' | 'second'): void {
  const server = ['--bootstrap-server', `127.0.0.1:${port}`]
  if (round === 'first') {
    expectOutput(bin, cwd, ['topic', 'create', 'orders', '--partitions', '3', ...server], 'Created orders')
    const produced = spawnSync(node, [bin, 'produce', 'orders', '--compression', 'zstd', ...server], {
      cwd,
      encoding: 'utf8',
      env: cleanEnvironment(),
      input: 'one\ntwo\n',
    })
    if (produced.status !== 0) throw new Error(`millrace produce: exit ${produced.status}\n${produced.stderr}`)
  }
  expectOutput(bin, cwd, ['consume', 'orders', '--from-beginning', '--exit-at-end', ...server], 'two')
  expectOutput(bin, cwd, ['topic', 'list', ...server], 'orders')
  expectOutput(bin, cwd, ['topic', 'describe', 'orders', ...server], 'END OFFSET')
  expectOutput(bin, cwd, ['cluster', 'describe', ...server], 'led by node 1')
}
