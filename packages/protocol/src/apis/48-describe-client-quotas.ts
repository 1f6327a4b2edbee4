/**
 * DescribeClientQuotas (48): reads client quotas.
 *
 * Versions 0 to 1, flexible from 1. What changed:
 * - 1: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, float64, int8, int16, int32, string } from '../schema/field.ts'

export const DescribeClientQuotas = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  route: 'any',
  versions: '0-1',
  flexible: 1,
  request: {
    components: array({
      entityType: string(),
      matchType: int8(),
      match: string({ nullable: '0+' }),
    }),
    strict: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    entries: array(
      {
        entity: array({ entityType: string(), entityName: string({ nullable: '0+' }) }),
        values: array({ key: string(), value: float64() }),
      },
      { nullable: '0+' },
    ),
  },
})

export interface DescribeClientQuotasRequest extends Request<typeof DescribeClientQuotas> {}
export interface DescribeClientQuotasResponse extends Response<typeof DescribeClientQuotas> {}
