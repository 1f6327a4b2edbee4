/**
 * What will happen, in order of time; within one moment, what was due earlier and had to wait comes first, the rest in order of
 * scheduling.
 */
import type { SimProcess } from './process.ts'

export interface Event {
  /** Simulated milliseconds since the run began. */
  at: number
  /** When it was to happen before anything held it up. */
  readonly dueAt: number
  sequence: number
  readonly label: string
  /** Whose event it is: it waits while the process is paused, and never happens once the process is dead. */
  readonly owner: SimProcess | undefined
  /** Undefined once cancelled. */
  callback: (() => void) | undefined
}

function isBefore(a: Event, b: Event): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.sequence < b.sequence)
}

/** A binary heap. Cancelled events stay until their time comes. */
export class EventQueue {
  readonly #heap: Event[] = []
  #nextSequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** Adds an event behind all others of its moment. */
  push(event: Event): void {
    event.sequence = this.#nextSequence++
    this.#insert(event)
  }

  /** Puts an event that was taken back, to happen at `at`: before what is due then, in the order of first being due. */
  postpone(event: Event, at: number): void {
    event.at = at
    this.#insert(event)
  }

  #insert(event: Event): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const other = heap[parent] as Event
      if (!isBefore(event, other)) break
      heap[index] = other
      index = parent
    }
    heap[index] = event
  }

  /** Takes the next event. */
  pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || first === last) return first
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      const right = heap[child + 1]
      if (right !== undefined && isBefore(right, heap[child] as Event)) child++
      const smaller = heap[child]
      if (smaller === undefined || !isBefore(smaller, last)) break
      heap[index] = smaller
      index = child
    }
    heap[index] = last
    return first
  }
}
