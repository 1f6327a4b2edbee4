import { describe, expect, it } from 'vitest'
import { includesVersion, parseVersions } from './version-range.ts'

describe('parseVersions', () => {
  it('reads single versions, open and closed ranges', () => {
    expect(parseVersions('3')).toEqual({ min: 3, max: 3 })
    expect(parseVersions('3+')).toEqual({ min: 3, max: Infinity })
    expect(parseVersions('3-12')).toEqual({ min: 3, max: 12 })
  })

  it.each(['', 'none', '3-', '-3', '5-3', '3+4', ' 3'])(
    'refuses "%s", which would be a mistake in a declaration',
    (text) => {
      expect(() => parseVersions(text)).toThrow('version range')
    },
  )
})

describe('includesVersion', () => {
  it('includes both ends, and nothing when there is no range', () => {
    expect([2, 3, 5, 6].map((version) => includesVersion('3-5', version))).toEqual([false, true, true, false])
    expect(includesVersion(undefined, 0)).toBe(false)
  })
})
