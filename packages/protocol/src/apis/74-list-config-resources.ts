/**
 * ListConfigResources (74): lists config resources, such as client metrics subscriptions.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds resourceTypes; response adds configResources[].resourceType.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema/field.ts'

export const ListConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  route: 'any',
  versions: '0-1',
  flexible: 0,
  request: {
    resourceTypes: array(int8(), { v: '1+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ v: '1+', default: 16, ignorable: true }),
    }),
  },
})

export interface ListConfigResourcesRequest extends Request<typeof ListConfigResources> {}
export interface ListConfigResourcesResponse extends Response<typeof ListConfigResources> {}
