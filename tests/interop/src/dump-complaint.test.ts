import { describe, expect, it } from 'vitest'
import { findComplaint } from './dump-complaint.ts'

const jump = (file: string, before: number, offset: number) =>
  `Non-consecutive offsets in /data/t-0/${file}.log\n  ${before} is followed by ${offset}\n`

describe('findComplaint', () => {
  it('takes no complaint from a good dump', () => {
    expect(findComplaint('baseOffset: 0 count: 3 isvalid: true\n', '')).toBeUndefined()
  })

  it('forgives that a later segment does not begin at offset 0', () => {
    const errors = jump('00000000000000004325', -1, 4325) + jump('00000000000000010000', -1, 10000)
    expect(findComplaint('', errors)).toBeUndefined()
  })

  it('does not forgive a hole', () => {
    expect(findComplaint('', jump('00000000000000000000', 7, 9))).toContain('7 is followed by 9')
    expect(findComplaint('', jump('00000000000000004325', -1, 4326))).toContain('followed by 4326')
  })

  it('finds a bad checksum, index mismatches and whatever is on standard error', () => {
    expect(findComplaint('baseOffset: 0 isvalid: false', '')).toContain('isvalid: false')
    expect(findComplaint('Mismatches in :/data/t-0/0.index', '')).toContain('Mismatches')
    expect(findComplaint('', 'java.io.IOException: no')).toContain('IOException')
  })
})
