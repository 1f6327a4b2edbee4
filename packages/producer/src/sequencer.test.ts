import { describe, expect, it } from 'vitest'
import { Batch } from './batch.ts'
import { PartitionQueue, type TakeRules } from './partition-queue.ts'

const identity = { producerId: 7, producerEpoch: 0 }
const rules: TakeRules = { nowMs: 0, lingerMs: 0, isFlushing: false, identity }

let order = 0

function addBatch(queue: PartitionQueue, recordCount: number): Batch {
  const batch = new Batch('t', 0, order++, 0, 256)
  for (let index = 0; index < recordCount; index++) {
    batch.builder?.append({ timestamp: 0, key: null, value: 'x' })
    batch.recordCount++
  }
  queue.closed.push(batch)
  return batch
}

function numbers(batch: Batch | undefined) {
  return [batch?.numbers.producerEpoch, batch?.numbers.baseSequence]
}

/** A queue whose first batch (2 records) has been acknowledged: the broker knows the epoch. */
function known(...counts: number[]) {
  const queue = new PartitionQueue('t', 0)
  addBatch(queue, 2)
  const first = queue.take(rules) as Batch
  queue.remove(first)
  queue.sequencer.onAcknowledged(first)
  const batches = counts.map((count) => addBatch(queue, count))
  return { queue, batches }
}

describe('numbers of a partition', () => {
  it('begin at 0 and count records, one batch at a time until the broker knows the producer', () => {
    const queue = new PartitionQueue('t', 0)
    const [a, b] = [addBatch(queue, 3), addBatch(queue, 4)]
    expect(queue.take(rules)).toBe(a)
    expect(numbers(a)).toEqual([0, 0])
    expect(queue.take(rules)).toBeUndefined()
    queue.remove(a)
    queue.sequencer.onAcknowledged(a)
    expect(queue.take(rules)).toBe(b)
    expect(numbers(b)).toEqual([0, 3])
  })

  it('let five batches be in flight', () => {
    const { queue } = known(1, 1, 1, 1, 1, 1)
    const taken = Array.from({ length: 6 }, () => queue.take(rules))
    expect(taken.map((batch) => batch?.numbers.baseSequence)).toEqual([2, 3, 4, 5, 6, undefined])
  })

  it('stay with a batch that is sent again, one at a time and in order', () => {
    const { queue, batches } = known(1, 1, 1)
    for (const batch of batches) expect(queue.take(rules)).toBe(batch)
    const [a, b, c] = batches as [Batch, Batch, Batch]
    for (const batch of [c, a, b]) {
      batch.mayBeWritten = true
      queue.putBack(batch)
    }
    for (const [batch, sequence] of [
      [a, 2],
      [b, 3],
      [c, 4],
    ] as const) {
      expect(queue.take(rules)).toBe(batch)
      expect(numbers(batch)).toEqual([0, sequence])
      expect(queue.take(rules)).toBeUndefined()
      queue.remove(batch)
      queue.sequencer.onAcknowledged(batch)
    }
  })

  it('move up behind a batch that was certainly not written', () => {
    const { queue, batches } = known(5, 1)
    const [a, b] = batches as [Batch, Batch]
    queue.take(rules)
    queue.take(rules)
    expect(numbers(b)).toEqual([0, 7])
    queue.remove(a)
    queue.sequencer.onGivenUp(a)
    expect(queue.isFirst(b)).toBe(true)
    queue.sequencer.onRefusedFirst(b)
    queue.putBack(b)
    expect(queue.take(rules)).toBe(b)
    expect(numbers(b)).toEqual([0, 2])
  })

  it('begin a new epoch behind a batch that may be written', () => {
    const { queue, batches } = known(5, 1)
    const [a, b] = batches as [Batch, Batch]
    queue.take(rules)
    a.mayBeWritten = true
    queue.remove(a)
    queue.sequencer.onGivenUp(a)
    expect(queue.take(rules)).toBe(b)
    expect(numbers(b)).toEqual([1, 0])
  })

  it('wait for what is in flight before they begin a new epoch', () => {
    const { queue, batches } = known(1, 1, 1)
    const [a, b, c] = batches as [Batch, Batch, Batch]
    queue.take(rules)
    queue.take(rules)
    a.mayBeWritten = true
    queue.remove(a)
    queue.sequencer.onGivenUp(a)
    expect(queue.take(rules)).toBeUndefined()
    // The broker had written it after all: what follows it is acknowledged, and still nobody knows.
    queue.remove(b)
    queue.sequencer.onAcknowledged(b)
    expect(queue.take(rules)).toBe(c)
    expect(numbers(c)).toEqual([1, 0])
  })

  it('ask under the old numbers for a batch that may be written, before they begin a new epoch', () => {
    const { queue, batches } = known(1, 1)
    const [a, b] = batches as [Batch, Batch]
    queue.take(rules)
    queue.take(rules)
    for (const batch of [a, b]) batch.mayBeWritten = true
    queue.remove(a)
    queue.sequencer.onGivenUp(a)
    queue.putBack(b)
    expect(queue.take(rules)).toBe(b)
    expect(numbers(b)).toEqual([0, 3])
    // Refused: neither of the two is there.
    b.mayBeWritten = false
    queue.sequencer.onRefusedFirst(b)
    queue.putBack(b)
    expect(queue.take(rules)).toBe(b)
    expect(numbers(b)).toEqual([1, 0])
  })

  it('stay with a refused batch when what follows it was acknowledged: the broker has it, whatever it says', () => {
    const { queue, batches } = known(1, 1, 1, 1)
    const [a, b, c, d] = batches as [Batch, Batch, Batch, Batch]
    for (const batch of [a, b, c]) expect(queue.take(rules)).toBe(batch)
    queue.putBack(a)
    for (const batch of [b, c]) {
      queue.remove(batch)
      queue.sequencer.onAcknowledged(batch)
    }
    expect(queue.take(rules)).toBe(a)
    expect(numbers(a)).toEqual([0, 2])
    queue.remove(a)
    queue.sequencer.onAcknowledged(a)
    // Not the numbers of b once more: the broker would take it for b, and drop it.
    expect(queue.take(rules)).toBe(d)
    expect(numbers(d)).toEqual([0, 5])
  })

  it('never go back behind what was acknowledged, also where they wrap', () => {
    const { queue, batches } = known(1, 1, 1, 1, 1)
    const [x, y, a, b, c] = batches as [Batch, Batch, Batch, Batch, Batch]
    for (const batch of [x, y, a, b]) expect(queue.take(rules)).toBe(batch)
    const bases = [0x3fff_0000, 0x7ffe_0000, 0x7fff_fffe, 0x7fff_ffff]
    for (const [index, batch] of [x, y, a, b].entries())
      batch.number({ ...identity, baseSequence: bases[index] as number })
    for (const batch of [x, y, b, a]) {
      queue.remove(batch)
      queue.sequencer.onAcknowledged(batch)
    }
    expect(queue.take(rules)).toBe(c)
    expect(numbers(c)).toEqual([0, 0])
  })

  it('begin a new epoch when the broker refuses a number that it has passed, and does not know the batch', () => {
    const { queue, batches } = known(1, 1)
    const [a, b] = batches as [Batch, Batch]
    for (const batch of [a, b]) expect(queue.take(rules)).toBe(batch)
    queue.putBack(a)
    queue.remove(b)
    queue.sequencer.onAcknowledged(b)
    expect(queue.take(rules)).toBe(a)
    queue.sequencer.onRefusedFirst(a)
    queue.putBack(a)
    expect(queue.take(rules)).toBe(a)
    expect(numbers(a)).toEqual([1, 0])
  })

  it('begin a new epoch when the broker has forgotten the producer', () => {
    const { queue, batches } = known(1)
    const [a] = batches as [Batch]
    queue.take(rules)
    queue.sequencer.onRefusedFirst(a)
    queue.putBack(a)
    expect(queue.take(rules)).toBe(a)
    expect(numbers(a)).toEqual([1, 0])
    expect(queue.take(rules)).toBeUndefined()
  })

  it('need a new producer id when the epochs are used up', () => {
    const last = { producerId: 7, producerEpoch: 32767 }
    const queue = new PartitionQueue('t', 0)
    const a = addBatch(queue, 1)
    queue.take({ ...rules, identity: last })
    queue.sequencer.onRefusedFirst(a)
    queue.putBack(a)
    expect(queue.take({ ...rules, identity: last })).toBeUndefined()
    expect(queue.sequencer.needsOther(last)).toBe(true)
    const fresh = { producerId: 8, producerEpoch: 0 }
    expect(queue.take({ ...rules, identity: fresh })).toBe(a)
    expect(a.numbers).toEqual({ producerId: 8, producerEpoch: 0, baseSequence: 0 })
  })

  it('wrap at the end of 31 bits', () => {
    const queue = new PartitionQueue('t', 0)
    const a = addBatch(queue, 2)
    queue.take(rules)
    a.number({ ...identity, baseSequence: 0x7fff_ffff })
    queue.remove(a)
    queue.sequencer.onAcknowledged(a)
    const b = addBatch(queue, 1)
    queue.take(rules)
    expect(numbers(b)).toEqual([0, 1])
  })
})

describe('a partition without numbers', () => {
  it('has one batch in flight, so that order survives a retry', () => {
    const queue = new PartitionQueue('t', 0)
    const plain = { ...rules, identity: undefined }
    const [a, b] = [addBatch(queue, 1), addBatch(queue, 1)]
    expect(queue.take(plain)).toBe(a)
    expect(queue.take(plain)).toBeUndefined()
    queue.putBack(a)
    expect(queue.take(plain)).toBe(a)
    queue.remove(a)
    expect(queue.take(plain)).toBe(b)
  })
})

describe('an open batch', () => {
  it('goes when it has lingered, or on a flush', () => {
    const queue = new PartitionQueue('t', 0)
    const batch = new Batch('t', 0, 0, 100, 256)
    batch.builder?.append({ timestamp: 0, key: null, value: 'x' })
    batch.recordCount = 1
    queue.open = batch
    const lingering = { ...rules, lingerMs: 5 }
    expect(queue.take({ ...lingering, nowMs: 104 })).toBeUndefined()
    expect(queue.take({ ...lingering, nowMs: 104, isFlushing: true })).toBe(batch)
    expect(queue.open).toBeUndefined()
  })
})
