/** The segments of a log, in order of their base offsets. There is always at least one; the last one is appended to. */
import { assert } from '@millrace/base'
import type { Segment } from './segment.ts'

export class Segments {
  #list: Segment[]
  /** Grows when segments leave the log or take the place of others: what was found before may be gone. */
  changeCount = 0

  constructor(list: Segment[]) {
    assert(list.length > 0, 'a log has at least one segment')
    this.#list = list
  }

  get all(): readonly Segment[] {
    return this.#list
  }

  get first(): Segment {
    return this.#list[0] as Segment
  }

  get active(): Segment {
    return this.#list.at(-1) as Segment
  }

  /** Assigned bytes of all segments. */
  get size(): number {
    let sum = 0
    for (const segment of this.#list) sum += segment.size
    return sum
  }

  add(segment: Segment): void {
    assert(segment.baseOffset > this.active.baseOffset, 'segments are added in order')
    this.#list.push(segment)
  }

  /** The segment whose range holds `offset`: the last one that starts at or below it. */
  floor(offset: number): Segment | undefined {
    if (offset >= this.active.baseOffset) return this.active
    return this.#list[this.#place(offset)]
  }

  /** The segment after `segment`. */
  next(segment: Segment): Segment | undefined {
    return this.#list[this.#place(segment.baseOffset) + 1]
  }

  /** Takes out the segments that start above `segment`, and returns them. */
  dropAfter(segment: Segment): Segment[] {
    this.changeCount++
    return gone(this.#list.splice(this.#place(segment.baseOffset) + 1))
  }

  /** Takes out the segments that end at or before `offset`, never the active one, and returns them. */
  dropBefore(offset: number): Segment[] {
    let count = 0
    this.changeCount++
    while (count + 1 < this.#list.length && (this.#list[count + 1] as Segment).baseOffset <= offset) count++
    return gone(this.#list.splice(0, count))
  }

  /** Puts segments in the place of others that follow each other, never the active one. */
  replace(old: readonly Segment[], fresh: readonly Segment[]): void {
    const place = this.#list.indexOf(old[0] as Segment)
    this.changeCount++
    const isRun = place >= 0 && old.every((segment, index) => this.#list[place + index] === segment)
    assert(isRun && !old.includes(this.active), 'what is replaced is in the log')
    gone(this.#list.splice(place, old.length, ...fresh))
  }

  /** Puts one segment in the place of all, and returns the others. */
  replaceAll(segment: Segment): Segment[] {
    const old = this.#list
    this.changeCount++
    this.#list = [segment]
    return gone(old)
  }

  #place(offset: number): number {
    let low = 0
    let high = this.#list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#list[middle] as Segment).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

function gone(segments: Segment[]): Segment[] {
  for (const segment of segments) segment.isGone = true
  return segments
}
