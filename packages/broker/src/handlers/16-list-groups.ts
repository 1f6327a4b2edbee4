/** ListGroups, versions 0 to 5. 1 throttle, 3 flexible, 4 states filter, 5 types filter. */
import { ListGroups } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const listGroupsHandler = defineHandler({
  api: ListGroups,
  handle: (request, context, { groups }) => groups.listGroups(request, context),
})
