import { describe, expect, it } from 'vitest'
import { parseTime, startPlace } from './start-place.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')
const nothing = {
  fromBeginning: false,
  since: undefined,
  offset: undefined,
  partition: undefined,
  group: undefined,
  topicCount: 1,
}

describe('parseTime', () => {
  it.each([
    ['1700000000000', 1_700_000_000_000],
    ['2026-01-31T11:00:00Z', nowMs - 3_600_000],
    ['2026-01-31T12:00:00+01:00', nowMs - 3_600_000],
    ['90s', nowMs - 90_000],
    ['2h', nowMs - 7_200_000],
    ['99999d', 0],
  ])('reads %s', (text, timestamp) => {
    expect(parseTime(text, nowMs)).toBe(timestamp)
  })

  it.each(['yesterday', '', '-5', '10x'])('refuses %j', (text) => {
    expect(() => parseTime(text, nowMs)).toThrow('--since takes a date')
  })
})

describe('startPlace', () => {
  it('is the end unless something else is asked for', () => {
    expect(startPlace(nothing, nowMs)).toBe('latest')
    expect(startPlace({ ...nothing, fromBeginning: true }, nowMs)).toBe('earliest')
    expect(startPlace({ ...nothing, since: '1h' }, nowMs)).toEqual({ timestamp: nowMs - 3_600_000 })
  })

  it.each([
    [{ fromBeginning: true, since: '1h' }, 'exclude each other'],
    [{ fromBeginning: true, offset: 5, partition: 0 }, 'exclude each other'],
    [{ offset: 5 }, '--offset needs --partition'],
    [{ offset: -1, partition: 0 }, '--offset takes a number from 0 on'],
    [{ partition: -1 }, '--partition takes a number from 0 on'],
    [{ partition: 0, group: 'g' }, 'without a group'],
    [{ partition: 0, topicCount: 2 }, 'for one topic'],
  ])('refuses %j', (options, message) => {
    expect(() => startPlace({ ...nothing, ...options }, nowMs)).toThrow(message)
  })
})
