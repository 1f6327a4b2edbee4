/**
 * DescribeAcls (29): lists access rules.
 *
 * Versions 1 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const DescribeAcls = defineApi({
  key: 29,
  name: 'DescribeAcls',
  route: 'any',
  versions: '1-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    resourceTypeFilter: int8(),
    resourceNameFilter: string({ nullable: '0+' }),
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: string({ nullable: '0+' }),
    hostFilter: string({ nullable: '0+' }),
    operation: int8(),
    permissionType: int8(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ default: 3 }),
      acls: array({
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
})

export interface DescribeAclsRequest extends Request<typeof DescribeAcls> {}
export interface DescribeAclsResponse extends Response<typeof DescribeAcls> {}
export interface DescribeAclsResource extends Item<DescribeAclsResponse['resources']> {}
