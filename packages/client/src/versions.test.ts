import { ApiVersions, type ApiVersionsResponse, Fetch, InitProducerId, Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { apiVersionsLayout, nextApiVersionsVersion, pickVersion, servedVersions } from './versions.ts'

function announcement(...ranges: [key: number, min: number, max: number][]): ApiVersionsResponse {
  const apiKeys = ranges.map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion }))
  return { apiKeys } as unknown as ApiVersionsResponse
}

describe('pickVersion', () => {
  const served = servedVersions(announcement([0, 3, 9], [1, 100, 200], [22, 0, 6]))

  it('takes the highest that both know', () => {
    expect(pickVersion(Produce, served)).toBe(9)
  })

  it('keeps to the limits of the caller', () => {
    expect(pickVersion(Produce, served, { max: 7 })).toBe(7)
    expect(() => pickVersion(Produce, served, { min: 10 })).toThrow('serves versions 3 to 9, needed is one of 10 to 13')
  })

  it('does not use unstable versions by itself', () => {
    expect(pickVersion(InitProducerId, served)).toBe(5)
    expect(pickVersion(InitProducerId, served, { max: 6 })).toBe(6)
  })

  it('says what is missing', () => {
    expect(() => pickVersion(Fetch, served)).toThrow('Fetch: the broker serves versions 100 to 200')
    expect(() => pickVersion(ApiVersions, served)).toThrow('The broker does not serve ApiVersions')
  })
})

describe('servedVersions', () => {
  it('ignores ranges that make no sense', () => {
    expect([...servedVersions(announcement([1, 5, 4], [2, -5, -1], [3, 0, 0])).apis]).toEqual([[3, { min: 0, max: 0 }]])
  })
})

describe('the fallback of ApiVersions', () => {
  it('goes to what the broker names, else to 0, and ends there', () => {
    expect(nextApiVersionsVersion(4, announcement([18, 0, 3]))).toBe(3)
    expect(nextApiVersionsVersion(4, announcement())).toBe(0)
    expect(nextApiVersionsVersion(4, announcement([18, 0, 9]))).toBe(0)
    expect(nextApiVersionsVersion(0, announcement())).toBeUndefined()
  })

  it('reads a refusal as version 0, whatever was asked', () => {
    expect(apiVersionsLayout(Buffer.from([0, 0, 0, 1, 0, 35]), 4)).toBe(0)
    expect(apiVersionsLayout(Buffer.from([0, 0, 0, 1, 0, 0]), 4)).toBe(4)
    expect(apiVersionsLayout(Buffer.from([0, 0, 0]), 4)).toBe(4)
  })
})
