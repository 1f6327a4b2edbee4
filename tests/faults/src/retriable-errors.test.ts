import { apiByKey } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { isRetriable } from './fault.ts'
import { canCarryError } from './proxy/error-injection.ts'
import { keysWithErrors, retriableErrorsOf } from './retriable-errors.ts'

describe('the errors that may pass', () => {
  it.each(keysWithErrors.map((key) => [apiByKey(key)?.name, key] as const))(
    '%s: pass by the table of errors',
    (_, key) => {
      const errors = retriableErrorsOf(key)
      expect(errors.filter((error) => !isRetriable(error))).toEqual([])
      expect(new Set(errors).size).toBe(errors.length)
      const api = apiByKey(key)
      expect(api !== undefined && canCarryError(api, api.stableMax)).toBe(true)
    },
  )
})
