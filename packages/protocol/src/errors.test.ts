import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ErrorCode, errorByCode, errorName, errors } from './errors.ts'

const facts: Record<string, unknown>[] = JSON.parse(
  readFileSync(new URL('../test/vectors/errors.json', import.meta.url), 'utf8'),
)

describe('errors', () => {
  it('are those of Apache Kafka 4.3.1, with what its clients do about them', () => {
    expect(errors).toHaveLength(135)
    expect(errors).toEqual(
      facts.map((fact) => ({
        code: fact.code,
        name: fact.name,
        retriable: fact.retriable,
        refreshMetadata: fact.invalidMetadata,
        refreshCoordinator: fact.refreshRetriable === true && fact.invalidMetadata === false,
        applicationRecoverable: fact.applicationRecoverable ?? false,
        invalidConfiguration: fact.invalidConfiguration ?? false,
      })),
    )
  })

  it('are found by code and named', () => {
    expect(ErrorCode.NONE).toBe(0)
    expect(ErrorCode.UNKNOWN_SERVER_ERROR).toBe(-1)
    expect(errorByCode(ErrorCode.NOT_COORDINATOR)).toMatchObject({ name: 'NOT_COORDINATOR', refreshCoordinator: true })
    expect(errorByCode(9999)).toBeUndefined()
    expect([errorName(6), errorName(9999)]).toEqual(['NOT_LEADER_OR_FOLLOWER', 'UNKNOWN(9999)'])
  })
})
