/** The system's clock, randomness and digest: the one file where real time, real entropy and `node:crypto` come in. */
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** Loaded when first used: it takes longer than the rest of a client's imports from Node. */
const crypto = () => process.getBuiltinModule('node:crypto')

/** The machine's clock and Node's timers. Timers keep the process alive, as sockets do: whoever makes one cancels it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    // Node fires at once, with a warning, above 2^31-1 ms (24.8 days): wait in steps.
    const maxStepMs = 0x7fffffff
    let remainingMs = delayMs
    const step = () => {
      const stepMs = Math.min(remainingMs, maxStepMs)
      remainingMs -= stepMs
      handle = setTimeout(remainingMs > 0 ? step : callback, stepMs)
    }
    let handle: NodeJS.Timeout
    step()
    return { cancel: () => clearTimeout(handle) }
  },
  defer: (callback) => void setImmediate(callback),
}

const pool = Buffer.allocUnsafeSlow(4096)
let poolPosition = pool.length

/** The operating system's generator, read in blocks. */
export const systemRandom: Random = {
  uint32() {
    if (poolPosition + 4 > pool.length) {
      crypto().randomFillSync(pool)
      poolPosition = 0
    }
    const value = pool.readUInt32LE(poolPosition)
    poolPosition += 4
    return value
  },
  bytes: (size) => crypto().randomFillSync(Buffer.allocUnsafe(size)),
}

/** The SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return crypto().createHash('sha256').update(bytes).digest()
}
