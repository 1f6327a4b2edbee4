/** OffsetCommit, versions 2 to 10. 3 throttle, 5 no retention time, 6 leader epochs, 7 static members, 8 flexible, 10 topic ids. */
import { OffsetCommit } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const offsetCommitHandler = defineHandler({
  api: OffsetCommit,
  handle: (request, context, { groups }) => groups.commitOffsets(request, context),
})
