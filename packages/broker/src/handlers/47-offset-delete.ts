/** OffsetDelete, version 0. */
import { OffsetDelete } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const offsetDeleteHandler = defineHandler({
  api: OffsetDelete,
  handle: (request, context, { groups }) => groups.deleteOffsets(request, context),
})
