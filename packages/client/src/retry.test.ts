import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { brokerError, MillraceError } from './error.ts'
import { backoffMs, remedyForCode, remedyForError, retryBackoff } from './retry.ts'

describe('backoffMs', () => {
  it('doubles from the least to the most, within a fifth', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      for (const [failureCount, plainMs] of [
        [1, 100],
        [2, 200],
        [3, 400],
        [4, 800],
        [5, 1000],
        [1000, 1000],
      ] as const) {
        const waitMs = backoffMs(failureCount, random, retryBackoff)
        expect(waitMs, `seed ${seed}`).toBeGreaterThanOrEqual(plainMs * 0.8)
        expect(waitMs, `seed ${seed}`).toBeLessThanOrEqual(plainMs * 1.2)
      }
    }
  })
})

describe('remedies', () => {
  it('follow the table of error codes', () => {
    expect(remedyForCode(6)).toMatchObject({ retriable: true, refreshMetadata: true, refreshCoordinator: false })
    expect(remedyForCode(16)).toMatchObject({ retriable: true, refreshCoordinator: true })
    expect(remedyForCode(29)).toMatchObject({ retriable: false })
    expect(remedyForError(brokerError(14, 'It'))).toMatchObject({ retriable: true, refreshCoordinator: false })
  })

  it('do not retry what nobody called retriable', () => {
    expect(remedyForCode(4711).retriable).toBe(false)
    expect(remedyForError(new Error('bug')).retriable).toBe(false)
    expect(remedyForError(new MillraceError('closed', 'over')).retriable).toBe(false)
  })

  it('look for everything again after a lost connection', () => {
    const lost = new MillraceError('connection', 'lost', { retriable: true })
    expect(remedyForError(lost)).toEqual({ retriable: true, refreshMetadata: true, refreshCoordinator: true })
  })
})
