/** DeleteGroups, versions 0 to 2. 1 throttle, 2 flexible. */
import { DeleteGroups } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const deleteGroupsHandler = defineHandler({
  api: DeleteGroups,
  handle: (request, context, { groups }) => groups.deleteGroups(request, context),
})
