import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { apiByKey, apiByName, apis } from './apis.ts'
import { requestHeaderVersion, responseHeaderVersion } from './header.ts'
import { type Field, type Fields, isField } from './schema/field.ts'
import { leastSize, planSchema, type StructPlan, type ValuePlan } from './schema/plan.ts'

interface Facts {
  key: number
  name: string
  min: number
  max: number
  stableMax: number
  flexible: string
  listeners: string[]
  advertisedByBroker: string | null
  advertisedByController: string | null
  forwardable: boolean
  clusterAction: boolean
  requestHeader: number[]
  responseHeader: number[]
}

const facts: Facts[] = JSON.parse(readFileSync(new URL('../test/vectors/apis.json', import.meta.url), 'utf8'))

describe('apis', () => {
  it('are those of Apache Kafka 4.3.1, with its versions, listeners and flags', () => {
    expect(apis).toHaveLength(89)
    const declared = apis.map((api) => {
      const { key, name, versions, stableMax, listeners, forwardable, clusterAction } = api
      const range = `${api.advertisedMin ?? versions.min}-${stableMax}`
      const numbers = Array.from({ length: versions.max - versions.min + 1 }, (_, index) => versions.min + index)
      return {
        key,
        name,
        min: versions.min,
        max: versions.max,
        stableMax,
        flexible: api.flexible === Infinity ? 'none' : `${api.flexible}+`,
        listeners,
        advertisedByBroker: listeners.includes('broker') ? range : null,
        advertisedByController: listeners.includes('controller') ? range : null,
        forwardable,
        clusterAction,
        requestHeader: numbers.map((version) => requestHeaderVersion(api, version)),
        responseHeader: numbers.map((version) => responseHeaderVersion(api, version)),
      }
    })
    expect(declared).toEqual(
      facts.map(({ requiresDelayedAllocation: _, ...fact }: Facts & { requiresDelayedAllocation?: boolean }) => fact),
    )
  })

  it('are found by key and by name', () => {
    for (const api of apis) expect([apiByKey(api.key), apiByName(api.name)]).toEqual([api, api])
    expect([4, 5, 6, 7, 93, -1].map(apiByKey)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(apiByName('LeaderAndIsr')).toBeUndefined()
  })

  it('have no array whose items take no bytes: a count could then not be bounded', () => {
    for (const { request, response, versions } of apis) {
      for (let version = versions.min; version <= versions.max; version++) {
        for (const schema of [request, response])
          expect(arrayItemsWithoutBytes(planSchema(schema, version))).toEqual([])
      }
    }
  })

  it('declare defaults and nullable rules that agree', () => {
    for (const { request, response } of apis) {
      for (const schema of [request, response]) expect(nullDefaultsWithoutNull(schema.fields)).toEqual([])
    }
  })
})

function arrayItemsWithoutBytes(plan: StructPlan): string[] {
  return [...plan.fields, ...plan.tagged].flatMap(({ name, value }) => {
    const item = value.kind === 'array' ? value.item : value
    const own = value.kind === 'array' && leastSize(item) < 1 ? [name] : []
    return [...own, ...nested(item)]
  })
}

function nested(value: ValuePlan): string[] {
  return value.kind === 'struct' ? arrayItemsWithoutBytes(value.struct) : []
}

function nullDefaultsWithoutNull(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]: [string, Field]) => {
    const own = field.rules.default === null && field.rules.nullable === undefined ? [name] : []
    const item = field.kind === 'array' && field.item !== undefined && !isField(field.item) ? field.item : field.fields
    return item === undefined ? own : [...own, ...nullDefaultsWithoutNull(item)]
  })
}
