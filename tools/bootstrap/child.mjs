/** Runs one child as if it were this process: arguments, streams, signals and the exit code pass through. */
import { spawn } from 'node:child_process'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs `command` and ends this process as the child ended: same code, or killed by the same signal.
 *
 * With `bound`, the child gets an IPC channel and is expected to end when it closes, so that it never outlives this process,
 * even when that is killed with -9; and this process ends the child when its own parent (npm's shell, which forwards no
 * signal) is gone.
 */
export function become(command, args, { env = process.env, cwd, bound = false } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: bound ? { ...env, MILLRACE_BOUND_TO_PARENT: '1' } : env,
    stdio: bound ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  })
  const handlers = new Map()
  for (const signal of forwarded) {
    // A terminal signals the whole foreground group, so the child has it already.
    const handler = () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal))
    handlers.set(signal, handler)
    process.on(signal, handler)
  }
  const parentPid = process.ppid
  const watch = setInterval(() => process.ppid !== parentPid && child.kill('SIGTERM'), 500)
  watch.unref()
  child.on('error', (error) => {
    process.stderr.write(`Could not start ${command}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    clearInterval(watch)
    for (const [name, handler] of handlers) process.off(name, handler)
    if (signal) process.kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}
