/** Jobs of the tests, for both sides. */
import type { Job } from '../src/index.ts'

export const reverseJob: Job<{ bytes: Uint8Array; times: number }, { bytes: Uint8Array; length: number }> = {
  name: 'reverse',
  async run({ bytes, times }) {
    const copy = Uint8Array.from(bytes)
    for (let count = 0; count < times; count++) copy.reverse()
    return { bytes: copy.subarray(0, copy.length), length: copy.length }
  },
}

export const failJob: Job<{ reason: string }, object> = {
  name: 'fail',
  run({ reason }) {
    throw new RangeError(reason)
  },
}

export const whereJob: Job<object, { readonly isDone: boolean }> = { name: 'where', run: () => ({ isDone: true }) }

export const exitJob: Job<object, object> = {
  name: 'exit',
  run: () => process.exit(3),
}
