/**
 * V8 gives memory that it no longer needs back only when it collects garbage, and it collects only while a program allocates: after a
 * burst of work an idle process keeps what the burst took, for good. This collects once when the process has become idle.
 */
import type { Clock, Timer } from '@millrace/base'

const checkMs = 5000
/** Share of one core below which a process is idle. */
const idleShareMax = 0.02
/** Bytes that the heap must have grown by since the last time. */
const growthMin = 8 << 20
/** A collection stops the process for about a millisecond per MiB that is in use: larger heaps are left alone. */
const usedSizeMax = 256 << 20

export interface MemoryState {
  /** Milliseconds of processor time that the process has taken. */
  readonly cpuMs: number
  /** Bytes that the heap takes from the system, and those of them that hold something. */
  readonly heapSize: number
  readonly usedSize: number
}

/** Decides when to collect. */
export class IdleMemory {
  #cpuMs: number
  #heapSize = 0

  constructor(cpuMs: number) {
    this.#cpuMs = cpuMs
  }

  /** Asked once per `elapsedMs`. */
  isDue({ cpuMs, heapSize, usedSize }: MemoryState, elapsedMs: number): boolean {
    const share = (cpuMs - this.#cpuMs) / elapsedMs
    this.#cpuMs = cpuMs
    return share < idleShareMax && usedSize <= usedSizeMax && heapSize >= this.#heapSize + growthMin
  }

  /** The heap was collected and takes this much now. */
  collected(heapSize: number): void {
    this.#heapSize = heapSize
  }
}

function stateOf(): MemoryState {
  const { user, system } = process.cpuUsage()
  const { heapTotal, heapUsed } = process.memoryUsage()
  return { cpuMs: (user + system) / 1000, heapSize: heapTotal, usedSize: heapUsed }
}

/** Collects garbage and gives free memory back to the system. */
export async function collectGarbage(): Promise<void> {
  const { Session } = await import('node:inspector')
  const session = new Session()
  session.connect()
  try {
    await new Promise<void>((resolve, reject) => {
      session.post('HeapProfiler.collectGarbage', (error) => (error ? reject(error) : resolve()))
    })
  } finally {
    session.disconnect()
  }
}

/** Looks after the memory of this process until the returned function is called. */
export function keepMemorySmall(clock: Clock): () => void {
  const memory = new IdleMemory(stateOf().cpuMs)
  let timer: Timer
  const check = () => {
    timer = clock.schedule(checkMs, () => {
      void (async () => {
        if (memory.isDue(stateOf(), checkMs)) {
          await collectGarbage()
          memory.collected(stateOf().heapSize)
        }
        check()
      })()
    })
  }
  check()
  return () => timer.cancel()
}
