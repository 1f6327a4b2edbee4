/** DescribeGroups, versions 0 to 6. 1 throttle, 3 authorised operations, 4 static members, 5 flexible, 6 group not found. */
import { DescribeGroups } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import { groupOperations, operationsNotAsked } from '../security/operations.ts'

export const describeGroupsHandler = defineHandler({
  api: DescribeGroups,

  async handle(request, context, { groups }) {
    const response = await groups.describeGroups(request, context)
    const authorizedOperations = request.includeAuthorizedOperations ? groupOperations : operationsNotAsked
    return { ...response, groups: response.groups.map((group) => ({ ...group, authorizedOperations })) }
  },
})
