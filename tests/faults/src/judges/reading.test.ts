import { describe, expect, it } from 'vitest'
import { Reading } from './reading.ts'

describe('Reading', () => {
  it('takes every offset in order, and again after a new assignment', () => {
    const reading = new Reading()
    for (const offset of [0, 1, 2]) reading.given('a', 0, offset)
    reading.assigned('a', [0])
    for (const offset of [1, 2, 3]) reading.given('a', 0, offset)
    reading.finished('a')
    reading.checkEnd([4], new Map([[0, 4]]))
  })

  it('notices what is skipped, and what comes again without an assignment', () => {
    const skipped = new Reading()
    skipped.given('a', 0, 0)
    skipped.assigned('b', [0])
    skipped.given('b', 0, 2)
    expect(() => skipped.check()).toThrow('b was given 0@2: 1 and what follows was skipped')
    const again = new Reading()
    again.given('a', 0, 0)
    again.given('a', 0, 0)
    expect(() => again.check()).toThrow('a was given 0@0, where 1 was next')
  })

  it('lets nothing be committed that is not finished', () => {
    const reading = new Reading()
    reading.given('a', 0, 0)
    reading.finished('a')
    reading.committing(0, 1)
    reading.check()
    reading.given('a', 0, 1)
    reading.abandoned('a')
    reading.finished('a')
    reading.committing(0, 2)
    expect(() => reading.check()).toThrow('committed at 2, where only what is before 1 is finished')
  })

  it('wants everything given and committed at the end', () => {
    const reading = new Reading()
    reading.given('a', 0, 0)
    reading.finished('a')
    expect(() => reading.checkEnd([2], new Map([[0, 1]]))).toThrow('ends at 2, and was given up to 1')
    expect(() => reading.checkEnd([1], new Map())).toThrow('ends at 1, and is committed at 0')
  })
})
