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

/** The process, as far as its memory goes. */
export interface ProcessMemory {
  state(): MemoryState
  /** Collects garbage and gives free memory back to the system. */
  collect(): Promise<void>
}

/** Looks after the memory of a process until the returned function is called. */
export function keepMemorySmall(clock: Clock, memory: ProcessMemory): () => void {
  const idle = new IdleMemory(memory.state().cpuMs)
  let timer: Timer
  const check = () => {
    timer = clock.schedule(checkMs, () => {
      void (async () => {
        if (idle.isDue(memory.state(), checkMs)) {
          await memory.collect()
          idle.collected(memory.state().heapSize)
        }
        check()
      })()
    })
  }
  check()
  return () => timer.cancel()
}
