/** Metadata logs, snapshots and quorum states that Apache Kafka 4.3.1 wrote: read, continued, and written again. */
import { readFileSync } from 'node:fs'
import { seededRandom, zeroUuid } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import {
  decodeQuorumState,
  encodeControlRecords,
  encodeQuorumState,
  encodeSnapshotFooter,
  encodeSnapshotHeader,
  LogScan,
  Raft,
  readBatches,
  readSnapshotControl,
  type Voter,
  VoterSet,
} from '../src/index.ts'

const file = (name: string) => readFileSync(new URL(`./vectors/${name}`, import.meta.url))

function scan(log: string, startOffset: number, snapshots: readonly [string, number, number][]) {
  const newest = snapshots.at(-1)
  const scanned = new LogScan(startOffset, {
    snapshots: snapshots.map(([name, offset, epoch]) => ({ id: { offset, epoch }, size: file(name).length })),
    newestControl: newest === undefined ? undefined : readSnapshotControl(file(newest[0])),
  })
  for (const batch of readBatches(file(log))) scanned.add(batch)
  return scanned.finish()
}

const controller: Voter = {
  id: 1,
  directoryId: 'Qq0s9i6RSqahocQwRVWO_A',
  endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 29093 }],
  kraftVersionMin: 0,
  kraftVersionMax: 1,
}

describe('a directory of a dynamic quorum', () => {
  const contents = scan('dynamic/00000000000000000000.log', 0, [
    ['dynamic/00000000000000000000-0000000000.checkpoint', 0, 0],
    ['dynamic/00000000000000000050-0000000001.checkpoint', 50, 1],
  ])

  it('is understood: epochs, voters, end', () => {
    expect(contents).toMatchObject({ endOffset: 156, epochs: [{ epoch: 1, startOffset: 0 }], control: [] })
    expect(contents.snapshotControl).toEqual({ kraftVersion: 1, voters: [controller] })
  })

  it('is led by its voter in the next epoch', () => {
    const identity = { ...controller, clusterId: null, listenerName: 'CONTROLLER', bootstrap: [] }
    const quorumState = decodeQuorumState(file('dynamic/quorum-state').toString())
    const raft = new Raft({ identity, random: seededRandom(1), quorumState, log: contents })
    const effects = raft.start(0)
    expect(raft.status()).toMatchObject({
      role: 'leader',
      epoch: 2,
      endOffset: 157,
      highWatermark: 50,
      kraftVersion: 1,
    })
    // The voters are in the log already: LeaderChange alone.
    expect(effects.find((effect) => effect.type === 'append')).toMatchObject({
      baseOffset: 156,
      epoch: 2,
      batch: { records: [{ type: 'leaderChange', leaderId: 1, voterIds: [1], grantingVoterIds: [1] }] },
    })
    raft.step({ type: 'logPersisted', now: 1, generation: 0, writtenOffset: 157, durableOffset: 157 })
    expect(raft.status()).toMatchObject({ highWatermark: 157, isReady: true })
  })

  it('starts with the batch that Apache Kafka writes first, to the byte', () => {
    const [first] = readBatches(file('dynamic/00000000000000000000.log'))
    const records = first?.control?.map(({ record }) => record) ?? []
    expect(records.map(({ type }) => type)).toEqual(['leaderChange', 'kraftVersion', 'voters'])
    const again = encodeControlRecords(records, { baseOffset: 0, epoch: 1, timestamp: 1795247469356 })
    expect(again.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true)
  })

  it('has the bootstrap checkpoint that a formatted directory has, to the byte', () => {
    const control = { kraftVersion: 1, voters: [controller] }
    const header = encodeSnapshotHeader(control, 1795247467755, { epoch: 0, timestamp: 1795247467788 })
    const footer = encodeSnapshotFooter({ baseOffset: 3, epoch: 0, timestamp: 1795247467794 })
    const expected = file('dynamic/00000000000000000000-0000000000.checkpoint')
    expect(Buffer.concat([header, footer]).equals(expected)).toBe(true)
  })
})

describe('a directory of static voters', () => {
  it('is led in the next epoch by the configured voter, and no voters go into the log', () => {
    const contents = scan('static/00000000000000000000.log', 0, [])
    const staticVoters = new VoterSet([{ ...controller, directoryId: zeroUuid }])
    const identity = { ...controller, clusterId: null, listenerName: 'CONTROLLER', bootstrap: [] }
    const quorumState = decodeQuorumState(file('static/quorum-state').toString())
    const raft = new Raft({ identity, random: seededRandom(1), quorumState, log: contents, staticVoters })
    const effects = raft.start(0)
    expect(raft.status()).toMatchObject({ role: 'leader', epoch: 2, endOffset: 46, kraftVersion: 0 })
    expect(effects.find((effect) => effect.type === 'persistQuorumState')).toMatchObject({
      kraftVersion: 0,
      voterIds: [1],
    })
  })
})

describe('a directory that starts at a fetched snapshot', () => {
  it('takes the voters of the log over those of the snapshot', () => {
    const contents = scan('voters/00000000000000000338.log', 338, [
      ['voters/00000000000000000338-0000000001.checkpoint', 338, 1],
      ['voters/00000000000000000375-0000000001.checkpoint', 375, 1],
    ])
    expect(contents.epochs).toEqual([
      { epoch: 1, startOffset: 338 },
      { epoch: 2, startOffset: 384 },
    ])
    const identity = { ...controller, id: 3, clusterId: null, listenerName: 'CONTROLLER', bootstrap: [] }
    const raft = new Raft({ identity, random: seededRandom(1), log: contents })
    raft.start(0)
    expect(raft.status()).toMatchObject({ startOffset: 338, endOffset: 400, highWatermark: 375, epoch: 2 })
    expect(raft.status().voters.ids).toEqual([2])
    expect(raft.snapshotControl(376)?.voters.ids).toEqual([1, 2, 3])
    expect(raft.snapshotControl(384)?.voters.ids).toEqual([2])
    expect([raft.epochBefore(384), raft.epochBefore(385)]).toEqual([1, 2])
  })
})

describe('quorum-state', () => {
  it.each(['dynamic', 'static', 'voters'])('of %s voters is read and written as Apache Kafka does', (name) => {
    const text = file(`${name}/quorum-state`).toString()
    const state = decodeQuorumState(text)
    expect(encodeQuorumState(state, name === 'static' ? 0 : 1, [1])).toBe(text)
  })
})
