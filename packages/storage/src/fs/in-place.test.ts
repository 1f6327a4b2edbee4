import { describe, expect, it } from 'vitest'
import { InPlaceCalls } from './in-place.ts'

describe('InPlaceCalls', () => {
  it('are made only while somebody asks for them', () => {
    const calls = new InPlaceCalls()
    calls.yielded(0)
    expect(calls.isDue(1)).toBe(false)
    calls.begin()
    expect(calls.isDue(1)).toBe(true)
    calls.end()
    expect(calls.isDue(1)).toBe(false)
  })

  it('give others their turn first, and again after 10 ms', () => {
    const calls = new InPlaceCalls()
    calls.begin()
    expect(calls.isDue(0)).toBe(false)
    calls.yielded(5)
    expect(calls.isDue(15)).toBe(true)
    expect(calls.isDue(15.1)).toBe(false)
    calls.yielded(16)
    expect(calls.isDue(17)).toBe(true)
  })

  it('end for good when the disk makes wait', () => {
    const calls = new InPlaceCalls()
    calls.begin()
    calls.yielded(0)
    for (let call = 0; call < 10_000; call++) calls.made(0.2)
    expect(calls.isDue(1)).toBe(true)
    for (let call = 0; call < 62; call++) calls.made(8)
    expect(calls.isDue(1)).toBe(true)
    calls.made(8)
    expect(calls.isDue(1)).toBe(false)
    calls.yielded(2)
    expect(calls.isDue(3)).toBe(false)
  })
})
