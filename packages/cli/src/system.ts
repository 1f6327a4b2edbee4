/** The real process: streams, files, signals, the end of the launcher. The one file of this package that knows Node. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProcessMemory } from './idle-memory.ts'
import type { Terminal } from './terminal.ts'

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A terminal over this process. The first signal asks for an orderly end; a second SIGINT or SIGTERM ends at once. */
export function processTerminal(): Terminal {
  const controller = new AbortController()
  const end = (reason: string) => {
    if (controller.signal.aborted && reason !== 'SIGHUP') process.exit(130)
    controller.abort(new Error(`ended by ${reason}`))
  }
  for (const signal of endingSignals) process.on(signal, () => end(signal))
  if (process.env.MILLRACE_BOUND_TO_PARENT !== undefined && process.channel != null) {
    // Started by the bootstrap, which may be killed without a chance to say so; its channel closes with it.
    delete process.env.MILLRACE_BOUND_TO_PARENT
    process.on('disconnect', () => controller.abort(new Error('the launcher is gone')))
    process.channel.unref()
  }
  // A reader that closes early (`| head`) is an end, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  return {
    signal: controller.signal,
    width: process.stdout.columns,
    write: (text) =>
      new Promise((done) => {
        if (process.stdout.write(text)) done()
        else process.stdout.once('drain', done)
      }),
    writeError: (text) => void process.stderr.write(text),
    readLines: () =>
      createInterface({
        input: process.stdin,
        crlfDelay: Number.POSITIVE_INFINITY,
        signal: controller.signal,
      }),
    readFile: (path) => readFile(path, 'utf8'),
    resolvePath: (path) => resolve(path),
  }
}

/** The memory of this process. */
export const processMemory: ProcessMemory = {
  state() {
    const { user, system } = process.cpuUsage()
    const { heapTotal, heapUsed } = process.memoryUsage()
    return { cpuMs: (user + system) / 1000, heapSize: heapTotal, usedSize: heapUsed }
  },
  async collect() {
    const { Session } = await import('node:inspector')
    const session = new Session()
    session.connect()
    try {
      await new Promise<void>((done, failed) => {
        session.post('HeapProfiler.collectGarbage', (error) => (error ? failed(error) : done()))
      })
    } finally {
      session.disconnect()
    }
  },
}

/** The version in the manifest beside the program. */
export function readVersion(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

/** Sets how the process ends, once nothing is left to do. */
export function setExitCode(code: number): void {
  process.exitCode = code
}

/** Ends the process now: for failures after which nothing may go on. */
export function exitNow(code: number): never {
  process.exit(code)
}
