/**
 * DeleteAcls (31): deletes access rules.
 *
 * Versions 1 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const DeleteAcls = defineApi({
  key: 31,
  name: 'DeleteAcls',
  route: 'any',
  versions: '1-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    filters: array({
      resourceTypeFilter: int8(),
      resourceNameFilter: string({ nullable: '0+' }),
      patternTypeFilter: int8({ default: 3 }),
      principalFilter: string({ nullable: '0+' }),
      hostFilter: string({ nullable: '0+' }),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    filterResults: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      matchingAcls: array({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
})

export interface DeleteAclsRequest extends Request<typeof DeleteAcls> {}
export interface DeleteAclsResponse extends Response<typeof DeleteAcls> {}
export interface DeleteAclsFilter extends Item<DeleteAclsRequest['filters']> {}
export interface DeleteAclsFilterResult extends Item<DeleteAclsResponse['filterResults']> {}
