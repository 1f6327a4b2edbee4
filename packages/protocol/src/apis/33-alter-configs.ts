/**
 * AlterConfigs (33): replaces all dynamic configs of a resource.
 *
 * Versions 0 to 2, flexible from 2. What changed:
 * - 2: flexible.
 * - 1: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const AlterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  route: 'any',
  versions: '0-2',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({ name: string(), value: string({ nullable: '0+' }) }),
    }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
})

export interface AlterConfigsRequest extends Request<typeof AlterConfigs> {}
export interface AlterConfigsResponse extends Response<typeof AlterConfigs> {}
export interface AlterConfigsResource extends Item<AlterConfigsRequest['resources']> {}
