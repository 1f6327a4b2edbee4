import { inlineWorkers } from '@millrace/base'
import { bytes } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { batchOf, numbered } from '../test/batches.ts'
import { AbortFilter } from './abort-filter.ts'
import { PartitionState } from './partition-state.ts'

function newState(): PartitionState {
  const options = { checkCrc: true, decompressedSizeMax: 1000, workers: inlineWorkers, onOpened: () => {} }
  const serdes = { key: bytes(), value: bytes() }
  return new PartitionState('t', 0, serdes, { startAt: 'earliest', needsCommitted: false }, options)
}

/** At `offset`, with ten records there. */
function filledState(offset = 10): PartitionState {
  const state = newState()
  state.moveTo(offset)
  state.buffer.add(batchOf(numbered(10), { baseOffset: offset }), new AbortFilter([]))
  state.fetchOffset = offset + 10
  return state
}

/** Hands the next record on to user code. */
function handOut(state: PartitionState): void {
  state.handOut(state.buffer.next()?.offset as number)
}

describe('a partition', () => {
  it('has no position, and nothing to commit, before one is found', () => {
    const state = newState()
    expect([state.isPositioned, state.isFetchable, state.position, state.doneOffset]).toEqual([false, false, -1, -1])
    state.moveTo(5)
    expect([state.isPositioned, state.isFetchable, state.position, state.doneOffset]).toEqual([true, true, 5, 5])
  })

  it('is done up to the first record that user code has and has not finished', () => {
    const state = filledState()
    handOut(state)
    handOut(state)
    expect([state.position, state.doneOffset]).toEqual([12, 10])
    state.finish()
    expect(state.doneOffset).toBe(12)
  })

  it('is done before the record that user code named, and no further', () => {
    const state = filledState()
    for (let count = 0; count < 4; count++) handOut(state)
    state.finishBefore(12)
    expect(state.doneOffset).toBe(12)
    state.finishBefore(11)
    expect(state.doneOffset).toBe(12)
    state.finishBefore(14)
    expect([state.doneOffset, state.outOffset]).toEqual([14, -1])
  })

  it('gives again what is taken back from user code, and no more', () => {
    const state = filledState()
    for (let count = 0; count < 3; count++) handOut(state)
    state.finishBefore(11)
    state.takeBack()
    expect([state.fetchOffset, state.position, state.doneOffset, state.buffer.size]).toEqual([11, 11, 11, 0])
    state.takeBack()
    expect(state.position).toBe(11)
  })

  it('has another version after every move, so that answers to older requests do not count', () => {
    const state = filledState()
    const versions = new Set([state.version])
    state.moveTo(3)
    versions.add(state.version)
    state.lookFor('latest')
    versions.add(state.version)
    expect([state.isPositioned, state.startAt]).toEqual([false, 'latest'])
    state.moveTo(3)
    state.dropFetched()
    versions.add(state.version)
    expect(versions.size).toBe(4)
  })

  it('forgets what is fetched without forgetting what is out', () => {
    const state = filledState()
    handOut(state)
    state.dropFetched()
    expect([state.buffer.size, state.fetchOffset, state.position, state.doneOffset]).toEqual([0, 11, 11, 10])
  })

  it('reports each end once, when user code has everything before it', () => {
    const state = filledState()
    state.readableEnd = 20
    state.isEndFresh = true
    expect(state.reachesEnd()).toBe(false)
    for (let count = 0; count < 10; count++) handOut(state)
    state.buffer.next()
    expect([state.reachesEnd(), state.reachesEnd()]).toEqual([true, false])
    state.readableEnd = 21
    expect(state.reachesEnd()).toBe(false)
    state.moveTo(21)
    // The end may be elsewhere by now: nobody has asked since.
    expect(state.reachesEnd()).toBe(false)
    state.isEndFresh = true
    expect(state.reachesEnd()).toBe(true)
    state.moveTo(21)
    state.isEndFresh = true
    expect(state.reachesEnd()).toBe(true)
  })

  it('is not fetched while it is paused, damaged, or its next offset is gone', () => {
    const state = filledState()
    state.isPaused = true
    expect(state.isFetchable).toBe(false)
    state.isPaused = false
    state.resetFrom = 20
    expect(state.isFetchable).toBe(false)
    state.moveTo(20)
    expect(state.isFetchable).toBe(true)
    state.buffer.fail(new Error('damaged'))
    expect(state.isFetchable).toBe(false)
  })

  it('is handed out once listeners know of it, and until it is being given up', () => {
    const state = filledState()
    expect(state.mayHandOut).toBe(true)
    for (const name of ['isGoing', 'isPaused', 'isRevoked'] as const) {
      state[name] = true
      expect(state.mayHandOut).toBe(false)
      state[name] = false
    }
    state.isAnnounced = false
    expect(state.mayHandOut).toBe(false)
  })

  it('needs a check when the leader is newer than its records, once for each leader', () => {
    const state = filledState()
    expect(state.needsCheck(7)).toBe(false)
    state.fetchedEpoch = 3
    expect([2, 3, 4].map((epoch) => state.needsCheck(epoch))).toEqual([false, false, true])
    state.checkedEpoch = 4
    expect([4, 5].map((epoch) => state.needsCheck(epoch))).toEqual([false, true])
    state.moveTo(3)
    expect(state.needsCheck(5)).toBe(false)
  })

  it('still knows the epoch before its position after giving back, or forgetting, what was fetched', () => {
    const state = filledState()
    handOut(state)
    state.buffer.leaderEpoch = 2
    state.fetchedEpoch = 5
    state.dropFetched()
    expect(state.fetchedEpoch).toBe(2)
    state.takeBack()
    expect([state.position, state.fetchedEpoch]).toEqual([10, 2])
    state.moveTo(3)
    expect([state.fetchedEpoch, state.buffer.leaderEpoch]).toEqual([-1, -1])
  })

  it('holds no memory once it is taken away', () => {
    const state = filledState()
    state.revoke()
    expect([state.isRevoked, state.buffer.size, state.position]).toEqual([true, 0, 10])
  })
})
