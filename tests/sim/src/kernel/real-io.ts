/**
 * Finds what leaves the simulation: the machine's clock and randomness by replacing them while a run goes on, everything that
 * waits for the machine (timers, files, sockets, the thread pool) by asking Node which asynchronous resources come to be.
 */
import { createHook } from 'node:async_hooks'

/** Resources that are only a turn of the event loop; the kernel itself uses them. */
const harmless = new Set(['Immediate', 'TickObject', 'Microtask', 'PROMISE'])

interface Replacement {
  readonly target: object
  readonly name: string
}

const replacements: readonly Replacement[] = [
  { target: Date, name: 'now' },
  { target: performance, name: 'now' },
  { target: Math, name: 'random' },
  { target: process, name: 'hrtime' },
  { target: crypto, name: 'getRandomValues' },
  { target: crypto, name: 'randomUUID' },
]

/** Watches until the returned function is called. `onLeak` gets an error whose stack shows who did it. */
export function watchRealIo(onLeak: (error: Error) => void): () => void {
  const restore = [...replacements.map((each) => replace(each, onLeak)), replaceDate(onLeak)]
  const hook = createHook({
    init(_id, type) {
      if (harmless.has(type)) return
      const error = withLongStack(() => new Error(`Something waits for the machine: ${type}`))
      if (isOurs(error.stack ?? '')) onLeak(error)
    },
    trackPromises: false,
  })
  hook.enable()
  return () => {
    hook.disable()
    for (const undo of restore.toReversed()) undo()
  }
}

function withLongStack(make: () => Error): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 60
  const error = make()
  Error.stackTraceLimit = stackTraceLimit
  return error
}

/** Whether the project's code is on the stack: a test runner around it may do what it likes. */
function isOurs(stack: string): boolean {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  return frames.some((frame) => !/node:|node_modules|kernel\/real-io\.ts|<anonymous>\)?$/.test(frame))
}

function replace({ target, name }: Replacement, onLeak: (error: Error) => void): () => void {
  const owned = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, {
    configurable: true,
    writable: true,
    value: () => {
      const error = new Error(`Something uses the machine's ${name}, not its port`)
      onLeak(error)
      throw error
    },
  })
  return () => {
    if (owned === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, owned)
  }
}

/** Dates of a given time are fine; the present one is not. */
function replaceDate(onLeak: (error: Error) => void): () => void {
  const original = globalThis.Date
  globalThis.Date = new Proxy(original, {
    construct(target, args, newTarget) {
      if (args.length === 0) onLeak(new Error('Something uses the date of the machine, not its port'))
      return Reflect.construct(target, args, newTarget)
    },
  })
  return () => {
    globalThis.Date = original
  }
}
