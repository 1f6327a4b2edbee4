import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { type IncomingBatch, ProducerState, type ProducerUndo } from './producer-state.ts'

const lenient = { isVerified: true, startsAtZero: false }
const last = 2 ** 31 - 1

function batch(
  baseSequence: number,
  baseOffset: number,
  changes: Partial<IncomingBatch> & { count?: number } = {},
): IncomingBatch {
  const { count = 1, ...rest } = changes
  return {
    producerId: 7,
    epoch: 0,
    baseSequence,
    baseOffset,
    lastOffset: baseOffset + count - 1,
    maxTimestamp: 1000 + baseOffset,
    isTransactional: false,
    ...rest,
  }
}

function marker(epoch: number, offset: number, coordinatorEpoch = 0) {
  return { producerId: 7, epoch, coordinatorEpoch, isAbort: false, offset, timestamp: 5000 }
}

function stateAfter(...batches: IncomingBatch[]): ProducerState {
  const state = new ProducerState()
  for (const one of batches) state.append(one)
  return state
}

/** 0 for ok, -1 for a duplicate, else the error code. */
function code(state: ProducerState, one: IncomingBatch, options = lenient): number {
  const result = state.check(one, options)
  return result.kind === 'ok' ? 0 : result.kind === 'duplicate' ? -1 : result.errorCode
}

describe('sequence checks', () => {
  it('let a producer without state start anywhere, but at 0 in transactions V2', () => {
    const state = new ProducerState()
    expect(code(state, batch(33, 0))).toBe(0)
    const strict = { isVerified: true, startsAtZero: true }
    expect(code(state, batch(33, 0, { isTransactional: true }), strict)).toBe(45)
    expect(code(state, batch(0, 0, { isTransactional: true }), strict)).toBe(0)
    expect(code(state, batch(33, 0), strict)).toBe(0)
  })

  it('refuse a gap and a step back', () => {
    const state = stateAfter(batch(0, 0, { count: 3 }))
    expect(code(state, batch(3, 3))).toBe(0)
    expect(code(state, batch(4, 3))).toBe(45)
    expect(code(state, batch(1, 3))).toBe(45)
  })

  it('wrap after 2^31 - 1', () => {
    expect(code(stateAfter(batch(last, 0)), batch(0, 1))).toBe(0)
    const across = stateAfter(batch(last - 1, 0, { count: 4 }))
    expect(code(across, batch(2, 4))).toBe(0)
    expect(code(across, batch(last - 1, 4, { count: 4 }))).toBe(-1)
  })

  it('know the last five batches as duplicates, and answer with their offsets', () => {
    const state = stateAfter(...[0, 1, 2, 3, 4, 5].map((place) => batch(place * 2, 100 + place * 2, { count: 2 })))
    expect(state.check(batch(2, 500, { count: 2 }), lenient)).toEqual({
      kind: 'duplicate',
      baseOffset: 102,
      lastOffset: 103,
      timestamp: 1102,
    })
    expect(code(state, batch(10, 500, { count: 2 }))).toBe(-1)
    expect(code(state, batch(0, 500, { count: 2 }))).toBe(45)
    expect(code(state, batch(2, 500, { count: 3 }))).toBe(45)
    expect(code(state, batch(2, 500, { count: 2, epoch: 1 }))).toBe(45)
  })

  it('fence an older epoch and let a newer one start at 0', () => {
    const state = stateAfter(batch(0, 0, { epoch: 3 }))
    expect(code(state, batch(1, 1, { epoch: 2 }))).toBe(47)
    expect(code(state, batch(1, 1, { epoch: 4 }))).toBe(45)
    expect(code(state, batch(0, 1, { epoch: 4 }))).toBe(0)
    state.append(batch(0, 1, { epoch: 4 }))
    expect(code(state, batch(0, 2, { epoch: 3 }))).toBe(47)
  })
})

describe('transactions', () => {
  it('need verification before their first batch only', () => {
    const unverified = { isVerified: false, startsAtZero: false }
    const state = new ProducerState()
    expect(code(state, batch(0, 0, { isTransactional: true }), unverified)).toBe(48)
    state.append(batch(0, 0, { isTransactional: true }))
    expect(code(state, batch(1, 1, { isTransactional: true }), unverified)).toBe(0)
    expect(code(state, batch(1, 1), unverified)).toBe(48)
    expect(code(state, batch(1, 1, { epoch: -1, isTransactional: true }), unverified)).toBe(47)
  })

  it('hold back the last stable offset until their marker is below the high watermark', () => {
    const state = stateAfter(batch(0, 10, { isTransactional: true, count: 2 }))
    state.append(batch(0, 15, { producerId: 8, isTransactional: true }))
    expect(state.firstUnstableOffset).toBe(10)
    expect(state.appendMarker(marker(0, 20))).toEqual({
      producerId: 7,
      firstOffset: 10,
      lastOffset: 20,
      isAbort: false,
    })
    expect(state.firstUnstableOffset).toBe(10)
    state.advanceHighWatermark(20)
    expect(state.firstUnstableOffset).toBe(10)
    state.advanceHighWatermark(21)
    expect(state.firstUnstableOffset).toBe(15)
    expect(state.appendMarker(marker(0, 22))).toBeUndefined()
    expect(state.get(7)).toMatchObject({ transactionStart: -1, lastTimestamp: 5000, coordinatorEpoch: 0 })
  })

  it('go on after a marker that raised the epoch at sequence 0', () => {
    const state = stateAfter(batch(0, 0, { isTransactional: true, count: 5 }))
    state.appendMarker(marker(1, 5))
    expect(code(state, batch(5, 6, { isTransactional: true }))).toBe(47)
    expect(code(state, batch(0, 6, { isTransactional: true, epoch: 1 }))).toBe(0)
    expect(code(state, batch(5, 6, { isTransactional: true, epoch: 1 }))).toBe(45)
  })

  it('take markers by epoch and coordinator epoch', () => {
    const check = (state: ProducerState, epoch: number, version: number, coordinatorEpoch = 3) => {
      const result = state.checkMarker(marker(epoch, 9, coordinatorEpoch), version)
      return result.kind === 'refused' ? result.errorCode : 0
    }
    const state = stateAfter(batch(0, 0, { isTransactional: true, epoch: 2 }))
    expect([1, 2, 3].map((epoch) => check(state, epoch, 1))).toEqual([47, 0, 0])
    expect([1, 2, 3].map((epoch) => check(state, epoch, 2))).toEqual([47, 47, 0])
    state.appendMarker(marker(3, 5, 3))
    expect([2, 3, 4].map((epoch) => check(state, epoch, 2))).toEqual([47, 0, 0])
    expect(check(state, 4, 2, 2)).toBe(52)
    expect(check(new ProducerState(), 0, 2)).toBe(0)
  })
})

describe('undo', () => {
  it('leaves exactly the state before, for any run of changes', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed)
      const state = new ProducerState()
      const picture = () =>
        JSON.stringify([[...state.entries()].sort((a, b) => a.producerId - b.producerId), state.firstUnstableOffset])
      let offset = 0
      const change = (undo?: ProducerUndo) => {
        const producerId = randomBelow(random, 4)
        const epoch = randomBelow(random, 3)
        if (randomBelow(random, 3) === 0) {
          state.appendMarker({ ...marker(epoch, offset), producerId }, undo)
        } else {
          state.append(
            batch(randomBelow(random, 9), offset, { producerId, epoch, isTransactional: randomBelow(random, 2) === 0 }),
            undo,
          )
        }
        offset++
      }
      for (let count = randomBelow(random, 20); count > 0; count--) change()
      const [before, endOffset] = [picture(), offset]
      const undo: ProducerUndo = []
      for (let count = randomBelow(random, 20); count > 0; count--) change(undo)
      state.revert(undo, endOffset)
      expect(picture(), `seed ${seed}`).toBe(before)
    }
  })
})

describe('expiry', () => {
  it('drops producers that were silent, but none with an open transaction', () => {
    const state = stateAfter(batch(0, 0, { maxTimestamp: 100 }))
    state.append(batch(0, 1, { producerId: 8, maxTimestamp: 100, isTransactional: true }))
    state.append(batch(0, 2, { producerId: 9, maxTimestamp: 150 }))
    expect(state.removeExpired(199, 100)).toBe(0)
    expect(state.removeExpired(200, 100)).toBe(1)
    expect([...state.entries()].map(({ producerId }) => producerId)).toEqual([8, 9])
  })
})
