/** The packed broker, run as its user does: `millrace start` in an empty folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { NodeBinary } from './nodes.ts'
import { userEnvironment } from './tool.ts'

const readyTimeoutMs = 30_000

export interface RunningBroker {
  readonly child: ChildProcess
  /** `127.0.0.1:49213` */
  readonly address: string
}

/** Starts the broker on a free port; resolves once it says that it is ready. */
export function startBroker(node: NodeBinary, bin: string, cwd: string): Promise<RunningBroker> {
  const args = [bin, 'start', '--port', '0', '--data', './data']
  const child = spawn(node.path, args, { cwd, env: userEnvironment() })
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the broker is not ready after ${readyTimeoutMs} ms: ${output}`))
    }, readyTimeoutMs)
    const onData = (bytes: Buffer) => {
      output += bytes.toString()
      const port = /is ready on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve({ child, address: `127.0.0.1:${port}` })
    }
    child.stdout.on('data', onData)
    child.stderr.on('data', onData)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the broker ended with ${code}: ${output}`))
    })
  })
}

/** Resolves with the exit code. */
function stopBroker({ child }: RunningBroker): Promise<number | null> {
  return new Promise((resolve) => {
    child.removeAllListeners('exit')
    if (child.exitCode !== null) return resolve(child.exitCode)
    child.once('exit', (code) => resolve(code))
    child.kill('SIGTERM')
  })
}

/** Runs `action` beside a broker, which must end with 0 afterwards. */
export async function withBroker(
  node: NodeBinary,
  bin: string,
  cwd: string,
  action: (address: string) => void | Promise<void>,
): Promise<void> {
  const broker = await startBroker(node, bin, cwd)
  try {
    await action(broker.address)
  } catch (error) {
    await stopBroker(broker)
    throw error
  }
  const code = await stopBroker(broker)
  if (code !== 0) throw new Error(`the broker ended with ${code} after SIGTERM`)
}
