/**
 * V8 gives memory that it no longer needs back only when it collects garbage, and it collects only while a program allocates: after a
 * burst of work an idle process keeps what the burst took, for good. This collects once when the process has become idle.
 */
import type { Clock, Logger, Timer } from '@millrace/base'

const checkMs = 5000
/** Share of one core below which a process is idle. */
const idleShareMax = 0.02
/** Bytes that the heap must have grown by since the last time. */
const growthMin = 8 << 20
/** A collection stops the process for 1 to 1.5 ms per MiB that is in use (measured): larger heaps are left alone. */
const usedSizeMax = 128 << 20

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

/** The process, as far as its memory goes. */
export interface ProcessMemory {
  state(): MemoryState
  /** Collects garbage and gives free memory back to the system. */
  collect(): Promise<void>
}

/** Looks after the memory of a process until the returned function is called, or until it cannot be collected. */
export function keepMemorySmall(clock: Clock, memory: ProcessMemory, logger: Logger): () => void {
  const idle = new IdleMemory(memory.state().cpuMs)
  let isOver = false
  let timer: Timer | undefined
  const look = async () => {
    if (idle.isDue(memory.state(), checkMs)) {
      await memory.collect()
      idle.collected(memory.state().heapSize)
    }
    if (!isOver) lookLater()
  }
  const lookLater = () => {
    timer = clock.schedule(checkMs, () => {
      look().catch((error: unknown) => logger.debug('Idle memory is not given back here', { error }))
    })
  }
  lookLater()
  return () => {
    isOver = true
    timer?.cancel()
  }
}
