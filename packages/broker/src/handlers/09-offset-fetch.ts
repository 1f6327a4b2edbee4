/** OffsetFetch, versions 1 to 10. 2 null means all, 5 leader epochs, 6 flexible, 7 require stable, 8 several groups, 9 member epochs, 10 topic ids. */
import { OffsetFetch } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const offsetFetchHandler = defineHandler({
  api: OffsetFetch,
  handle: (request, context, { groups }) => groups.fetchOffsets(request, context),
})
