import { describe, expect, it } from 'vitest'
import { addSequence } from './sequence.ts'

describe('addSequence', () => {
  it('wraps from the largest int to 0, and leaves -1 alone', () => {
    expect(addSequence(5, 3)).toBe(8)
    expect(addSequence(2147483646, 1)).toBe(2147483647)
    expect(addSequence(2147483646, 2)).toBe(0)
    expect(addSequence(2147483647, 2147483647)).toBe(2147483646)
    expect(addSequence(-1, 4)).toBe(-1)
  })
})
