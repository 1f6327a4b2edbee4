/** The broker that the soak restarts: a process of its own, on one port and one directory. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const source = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']
const startLimitMs = 30_000

export class Broker {
  readonly port: number
  readonly #directory: string
  #process: ChildProcess | undefined

  constructor(port: number, directory: string) {
    this.port = port
    this.#directory = directory
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Resolves when it is ready. */
  start(): Promise<void> {
    const args = [
      ...source,
      'packages/millrace/src/bin.ts',
      'start',
      '--port',
      `${this.port}`,
      '--data',
      this.#directory,
    ]
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = child
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`The broker is not ready after ${startLimitMs} ms`)),
        startLimitMs,
      )
      const end = (settle: () => void) => {
        clearTimeout(timer)
        settle()
      }
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('ready')) end(resolve)
      })
      child.once('exit', (code) => end(() => reject(new Error(`The broker ended with ${code} before it was ready`))))
    })
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await exited
  }
}
