/**
 * AlterClientQuotas (49): changes client quotas.
 *
 * Versions 0 to 1, flexible from 1. What changed:
 * - 1: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, float64, int16, int32, string } from '../schema/field.ts'

export const AlterClientQuotas = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  route: 'any',
  versions: '0-1',
  flexible: 1,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    entries: array({
      entity: array({ entityType: string(), entityName: string({ nullable: '0+' }) }),
      ops: array({ key: string(), value: float64(), remove: bool() }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    entries: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      entity: array({ entityType: string(), entityName: string({ nullable: '0+' }) }),
    }),
  },
})

export interface AlterClientQuotasRequest extends Request<typeof AlterClientQuotas> {}
export interface AlterClientQuotasResponse extends Response<typeof AlterClientQuotas> {}
