/** LeaveGroup, versions 0 to 5. 1 throttle, 3 several members, 4 flexible, 5 reason. */
import { LeaveGroup } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const leaveGroupHandler = defineHandler({
  api: LeaveGroup,
  handle: (request, context, { groups }) => groups.leaveGroup(request, context),
})
