import { describe, expect, it } from 'vitest'
import { emptyLog, LogState } from './log-state.ts'
import { VoterSet } from './voter-set.ts'

const voter = (id: number) => ({ id, directoryId: `dir-${id}`, endpoints: [], kraftVersionMin: 0, kraftVersionMax: 1 })
const snapshot = (offset: number, epoch: number) => ({ id: { offset, epoch }, size: 10 })

function logFrom100(): LogState {
  const contents = {
    ...emptyLog,
    startOffset: 100,
    endOffset: 130,
    epochs: [
      { epoch: 3, startOffset: 100 },
      { epoch: 5, startOffset: 120 },
    ],
    snapshots: [snapshot(100, 3), snapshot(110, 3)],
    snapshotControl: { kraftVersion: 1, voters: [voter(1)] },
  }
  return new LogState(contents, VoterSet.empty)
}

describe('LogState', () => {
  it.each([
    [{ offset: 130, epoch: 5 }, { kind: 'valid' }],
    [{ offset: 105, epoch: 3 }, { kind: 'valid' }],
    [{ offset: 100, epoch: 3 }, { kind: 'valid' }],
    // Beyond the end, and beyond the end of the epoch.
    [
      { offset: 131, epoch: 5 },
      { kind: 'diverging', end: { offset: 130, epoch: 5 } },
    ],
    [
      { offset: 125, epoch: 3 },
      { kind: 'diverging', end: { offset: 120, epoch: 3 } },
    ],
    // An epoch that this log never had.
    [
      { offset: 125, epoch: 4 },
      { kind: 'diverging', end: { offset: 120, epoch: 3 } },
    ],
    [
      { offset: 125, epoch: 9 },
      { kind: 'diverging', end: { offset: 130, epoch: 5 } },
    ],
    // Not in this log any more: the newest snapshot.
    [
      { offset: 99, epoch: 3 },
      { kind: 'snapshot', id: { offset: 110, epoch: 3 } },
    ],
    [
      { offset: 110, epoch: 2 },
      { kind: 'snapshot', id: { offset: 110, epoch: 3 } },
    ],
    [
      { offset: 0, epoch: 0 },
      { kind: 'snapshot', id: { offset: 110, epoch: 3 } },
    ],
  ])('answers a replica at %j', (position, expected) => {
    expect(logFrom100().check(position)).toEqual(expected)
  })

  it('lets an empty replica start with an empty log, also when the bootstrap snapshot is there', () => {
    const log = new LogState({ ...emptyLog, snapshots: [snapshot(0, 0)] }, VoterSet.empty)
    expect(log.check({ offset: 0, epoch: 0 })).toEqual({ kind: 'valid' })
    expect(log.check({ offset: 4, epoch: 1 })).toEqual({ kind: 'diverging', end: { offset: 0, epoch: 0 } })
  })

  it('takes back the voters of records that are cut off', () => {
    const log = logFrom100()
    log.applyControl(128, { type: 'voters', voters: [voter(1), voter(2)] })
    expect(log.voters.ids).toEqual([1, 2])
    log.truncateTo(128)
    expect(log.voters.ids).toEqual([1])
  })

  it('refuses to cut off what is committed, and snapshots of what is not', () => {
    const log = logFrom100()
    log.highWatermark = 125
    expect(() => log.truncateTo(124)).toThrow('would remove committed records')
    expect(() => log.addSnapshot(snapshot(126, 5))).toThrow('above the high watermark')
    expect(() => log.addSnapshot(snapshot(121, 3))).toThrow('not of this log')
    log.addSnapshot(snapshot(125, 5))
    log.startAt(125)
    expect([log.startOffset, log.snapshots.length, log.epochs.lastEpoch, log.voters.ids]).toEqual([125, 1, 5, [1]])
    expect(() => log.startAt(127)).toThrow('no snapshot ends there')
  })

  it('refuses a log whose beginning is lost', () => {
    expect(() => new LogState({ ...emptyLog, startOffset: 5, endOffset: 5 }, VoterSet.empty)).toThrow('no snapshot')
  })
})
