/**
 * DeleteGroups (42): deletes groups that have no members.
 *
 * Versions 0 to 2, flexible from 2. What changed:
 * - 2: flexible.
 * - 1: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string } from '../schema/field.ts'

export const DeleteGroups = defineApi({
  key: 42,
  name: 'DeleteGroups',
  route: 'group',
  versions: '0-2',
  flexible: 2,
  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({ groupId: string(), errorCode: int16() }),
  },
})

export interface DeleteGroupsRequest extends Request<typeof DeleteGroups> {}
export interface DeleteGroupsResponse extends Response<typeof DeleteGroups> {}
