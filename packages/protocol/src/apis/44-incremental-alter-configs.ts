/**
 * IncrementalAlterConfigs (44): changes single dynamic configs; those of a broker go to that broker.
 *
 * Versions 0 to 1, flexible from 1. What changed:
 * - 1: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const IncrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  route: 'any',
  versions: '0-1',
  flexible: 1,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
        value: string({ nullable: '0+' }),
      }),
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

export interface IncrementalAlterConfigsRequest extends Request<typeof IncrementalAlterConfigs> {}
export interface IncrementalAlterConfigsResponse extends Response<typeof IncrementalAlterConfigs> {}
export interface IncrementalAlterConfigsResource extends Item<IncrementalAlterConfigsRequest['resources']> {}
export interface IncrementalAlterableConfig extends Item<IncrementalAlterConfigsResource['configs']> {}
export interface IncrementalAlterConfigsResourceResponse extends Item<IncrementalAlterConfigsResponse['responses']> {}
