/** JoinGroup, versions 0 to 9. 1 rebalance timeout, 4 member id required, 5 static members, 6 flexible, 7 protocol type, 8 reason, 9 skip assignment. */
import { JoinGroup } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const joinGroupHandler = defineHandler({
  api: JoinGroup,
  handle: (request, context, { groups }) => groups.joinGroup(request, context),
})
