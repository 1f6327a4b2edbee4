import { inlineWorkers } from '@millrace/base'
import { bytes } from '@millrace/client'
import { describe, expect, it } from 'vitest'
import { AssignedPartitions } from './assigned-partitions.ts'
import { PartitionState } from './partition-state.ts'

function newState(partition: number): PartitionState {
  const options = { checkCrc: true, decompressedSizeMax: 1000, workers: inlineWorkers, onOpened: () => {} }
  const serdes = { key: bytes(), value: bytes() }
  return new PartitionState('t', partition, serdes, { startAt: 'earliest', needsCommitted: false }, options)
}

function newPartitions() {
  const dropped: number[] = []
  let changeCount = 0
  const partitions = new AssignedPartitions(
    ({ partition }) => void dropped.push(partition),
    () => {
      changeCount++
    },
  )
  return { partitions, dropped, changeCount: () => changeCount }
}

describe('assigned partitions', () => {
  it('come and go together, and what goes is revoked', () => {
    const { partitions, dropped, changeCount } = newPartitions()
    const states = [0, 1, 2].map(newState)
    partitions.add(states)
    expect([partitions.size, changeCount(), partitions.names.length]).toEqual([3, 1, 3])
    partitions.drop(states.slice(1))
    expect([partitions.names, dropped, changeCount()]).toEqual([[{ topic: 't', partition: 0 }], [1, 2], 2])
    expect(states.map(({ isRevoked }) => isRevoked)).toEqual([false, true, true])
    partitions.drop(partitions)
    expect([partitions.size, states[0]?.isRevoked]).toEqual([0, true])
  })

  it('are found by name, and by key', () => {
    const { partitions } = newPartitions()
    const state = newState(1)
    partitions.add([state])
    expect([partitions.get({ topic: 't', partition: 1 }), partitions.get({ topic: 't', partition: 2 })]).toEqual([
      state,
      undefined,
    ])
    expect(partitions.has({ topic: 't', partition: 1 })).toBe(true)
    expect(partitions.pick(new Set(['t-1', 't-2']))).toEqual([state])
  })

  it('have one state each: a new one takes the place of the one before', () => {
    const { partitions, dropped } = newPartitions()
    const [before, after] = [newState(0), newState(0)]
    partitions.add([before])
    partitions.add([after])
    expect([...partitions]).toEqual([after])
    expect([before.isRevoked, after.isRevoked, dropped]).toEqual([true, false, [0]])
  })
})
