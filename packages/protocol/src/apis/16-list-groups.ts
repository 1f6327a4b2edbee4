/**
 * ListGroups (16): lists the groups this broker coordinates.
 *
 * Versions 0 to 5, flexible from 3. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: flexible.
 * - 4: request adds statesFilter; response adds groups[].groupState.
 * - 5: request adds typesFilter; response adds groups[].groupType.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, string } from '../schema/field.ts'

export const ListGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  route: 'broker',
  versions: '0-5',
  flexible: 3,
  request: {
    statesFilter: array(string(), { v: '4+' }),
    typesFilter: array(string(), { v: '5+' }),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ v: '4+', ignorable: true }),
      groupType: string({ v: '5+', ignorable: true }),
    }),
  },
})

export interface ListGroupsRequest extends Request<typeof ListGroups> {}
export interface ListGroupsResponse extends Response<typeof ListGroups> {}
export interface ListedGroup extends Item<ListGroupsResponse['groups']> {}
