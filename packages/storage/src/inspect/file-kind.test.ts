import { describe, expect, it } from 'vitest'
import { parseFileName } from './file-kind.ts'

describe('the name of a file', () => {
  it.each([
    ['00000000000000000042.log', { kind: 'segment', baseOffset: 42, suffix: '' }],
    ['00000000000000000042.timeindex.deleted', { kind: 'time-index', baseOffset: 42, suffix: '.deleted' }],
    ['00000000000000000042.txnindex.before-repair-3', { kind: 'transaction-index', baseOffset: 42, suffix: '' }],
    ['00000000000000000007-0000000003.checkpoint', { kind: 'metadata-snapshot', baseOffset: 7, epoch: 3, suffix: '' }],
    [
      '00000000000000000007-0000000003.checkpoint.part',
      { kind: 'metadata-snapshot', baseOffset: 7, epoch: 3, suffix: '.part' },
    ],
    ['bootstrap.checkpoint', { kind: 'metadata-snapshot', baseOffset: 0, suffix: '' }],
    ['leader-epoch-checkpoint', { kind: 'leader-epochs', baseOffset: 0, suffix: '' }],
    ['cleaner-offset-checkpoint', { kind: 'offset-checkpoint', baseOffset: 0, suffix: '' }],
    ['quorum-state', { kind: 'quorum-state', baseOffset: 0, suffix: '' }],
    ['99999999999999999999.log', { kind: 'unknown', baseOffset: 0, suffix: '' }],
    ['42.log', { kind: 'unknown', baseOffset: 0, suffix: '' }],
    ['constructor', { kind: 'unknown', baseOffset: 0, suffix: '' }],
  ])('says what it is: %s', (name, expected) => {
    expect(parseFileName(name)).toEqual(expected)
  })
})
