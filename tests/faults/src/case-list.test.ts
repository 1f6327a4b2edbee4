import { seededRandom } from '@millrace/base'
import { ApiVersions, Fetch, Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { caseByName, disturbedCases, faultCases, flows, plainCase, sampleOf } from './case-list.ts'
import { consume } from './flows/consume.ts'
import { produce } from './flows/produce.ts'

const exchanges = [
  { apiKey: ApiVersions.key, apiVersion: 4 },
  { apiKey: Produce.key, apiVersion: 11 },
]
const cases = faultCases(produce, exchanges)
const fetches = faultCases(consume, [{ apiKey: Fetch.key, apiVersion: 12 }])
const everything = [...flows.map(plainCase), ...disturbedCases, ...cases, ...fetches]

describe('the list of cases', () => {
  it('has every fault that an exchange can have', () => {
    const names = cases.map(({ name }) => name)
    expect(names).toContain('produce: request 1 cut')
    expect(names).toContain('produce: reply 2 replaced by NOT_LEADER_OR_FOLLOWER')
    expect(names).toContain('produce: request 2 refused with NOT_ENOUGH_REPLICAS')
    expect(names.filter((name) => name.includes('1 replaced') || name.includes('2 replaced by NOT_COORD'))).toEqual([])
    expect(fetches.map(({ name }) => name)).toContain('consume: reply 1 replaced by FENCED_LEADER_EPOCH in its items')
  })

  it('gives each a name of its own, by which it is found', () => {
    expect(new Set(everything.map(({ name }) => name)).size).toBe(everything.length)
    for (const each of everything) expect(caseByName(each.name)).toEqual(each)
    expect(caseByName('produce: reply 2 eaten')).toBeUndefined()
    expect(caseByName('produce')).toBeUndefined()
  })

  it('draws the same sample from the same seed', () => {
    const draw = (seed: number) => sampleOf(everything, 9, seededRandom(seed)).map(({ name }) => name)
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    expect(new Set(draw(1)).size).toBe(9)
  })
})
