/**
 * CreateAcls (30): creates access rules.
 *
 * Versions 1 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const CreateAcls = defineApi({
  key: 30,
  name: 'CreateAcls',
  route: 'any',
  versions: '1-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({ errorCode: int16(), errorMessage: string({ nullable: '0+' }) }),
  },
})

export interface CreateAclsRequest extends Request<typeof CreateAcls> {}
export interface CreateAclsResponse extends Response<typeof CreateAcls> {}
export interface AclCreation extends Item<CreateAclsRequest['creations']> {}
export interface AclCreationResult extends Item<CreateAclsResponse['results']> {}
