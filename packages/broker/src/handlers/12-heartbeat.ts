/** Heartbeat, versions 0 to 4. 1 throttle, 3 static members, 4 flexible. */
import { Heartbeat } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const heartbeatHandler = defineHandler({
  api: Heartbeat,
  handle: (request, context, { groups }) => groups.heartbeat(request, context),
})
