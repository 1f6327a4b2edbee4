import { DescribeGroups, InitProducerId, ListGroups, Metadata, Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { emptySnapshot, type MetadataSnapshot } from './metadata-snapshot.ts'
import { route } from './route.ts'

const partition = {
  partition: 0,
  leader: 2,
  leaderEpoch: 1,
  replicas: [2],
  isr: [2],
  offlineReplicas: [],
  errorCode: 0,
}
const topic = { name: 't', topicId: 'x', isInternal: false, errorCode: 0, fetchedAtMs: 0 }
const snapshot: MetadataSnapshot = {
  ...emptySnapshot,
  controllerId: 7,
  brokers: new Map([[7, { nodeId: 7, host: 'h', port: 1, rack: null }]]),
  topics: new Map([['t', { ...topic, partitions: [partition, { ...partition, partition: 1, leader: -1 }] }]]),
}

describe('route', () => {
  it('asks any broker what any broker knows', () => {
    expect(route(Metadata, {}, snapshot)).toEqual({ to: 'any' })
  })

  it('lets the caller name the node', () => {
    expect(route(Metadata, { node: 3 }, snapshot)).toEqual({ to: 'node', node: 3 })
  })

  it('finds the leader of a partition', () => {
    expect(route(Produce, { leaderOf: { topic: 't', partition: 0 } }, snapshot)).toEqual({ to: 'node', node: 2 })
  })

  it('fails for now when a partition has no known leader', () => {
    for (const leaderOf of [
      { topic: 't', partition: 1 },
      { topic: 't', partition: 2 },
      { topic: 'u', partition: 0 },
    ]) {
      expect(() => route(Produce, { leaderOf }, snapshot)).toThrow('no leader is known')
    }
  })

  it('asks the controller if it is known, any broker otherwise', () => {
    const api = { name: 'X', route: 'controller' } as const
    expect(route(api, {}, snapshot)).toEqual({ to: 'node', node: 7 })
    expect(route(api, {}, emptySnapshot)).toEqual({ to: 'any' })
  })

  it('goes to coordinators by key', () => {
    expect(route(DescribeGroups, { group: 'g' }, snapshot)).toEqual({ to: 'coordinator', kind: 'group', key: 'g' })
    const destination = { to: 'coordinator', kind: 'transaction', key: 'x' }
    expect(route(InitProducerId, { transactionalId: 'x' }, snapshot)).toEqual(destination)
    expect(route(InitProducerId, {}, snapshot)).toEqual({ to: 'any' })
  })

  it('says what the caller left out', () => {
    expect(() => route(DescribeGroups, {}, snapshot)).toThrow('needs a group')
    expect(() => route(ListGroups, {}, snapshot)).toThrow('needs a node')
    expect(() => route(Produce, {}, snapshot)).toThrow('needs a node or a partition')
  })
})
