/** SyncGroup, versions 0 to 5. 1 throttle, 3 static members, 4 flexible, 5 protocol type and name. */
import { SyncGroup } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const syncGroupHandler = defineHandler({
  api: SyncGroup,
  handle: (request, context, { groups }) => groups.syncGroup(request, context),
})
