/** DescribeGroups and ListGroups on the wire. */
import { type DescribedGroup, ErrorCode, type ListGroupsRequest } from '@millrace/protocol'
import type { DescribeReply, ListReply } from './commands.ts'

/** The state of groups that do not exist; older clients take it for the answer. */
const deadState = 'Dead'
/** From this version on, a group that does not exist is an error with a message. */
const groupNotFoundVersion = 6
/** Authorized operations that were not asked for; the caller puts in what was. */
const notAsked = -0x80000000

export function describedGroup(
  groupId: string,
  { group, isOtherType }: DescribeReply,
  apiVersion: number,
): DescribedGroup {
  if (group !== undefined) {
    const { state, protocolType, protocolData, members } = group
    const found = { groupId, groupState: state, protocolType, protocolData, members }
    return { ...found, errorCode: ErrorCode.NONE, errorMessage: null, authorizedOperations: notAsked }
  }
  const none = { groupId, protocolType: '', protocolData: '', members: [], authorizedOperations: notAsked }
  if (apiVersion < groupNotFoundVersion) {
    return { ...none, groupState: deadState, errorCode: ErrorCode.NONE, errorMessage: null }
  }
  const errorMessage = isOtherType ? `Group ${groupId} is not a classic group.` : `Group ${groupId} not found.`
  return { ...none, groupState: deadState, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage }
}

export function describeError(groupId: string, errorCode: number): DescribedGroup {
  return {
    groupId,
    errorCode,
    errorMessage: null,
    groupState: '',
    protocolType: '',
    protocolData: '',
    members: [],
    authorizedOperations: notAsked,
  }
}

/** No filter lets everything through. Case does not matter. */
export function groupFilter({
  statesFilter,
  typesFilter,
}: Pick<ListGroupsRequest, 'statesFilter' | 'typesFilter'>): (group: ListReply['groups'][number]) => boolean {
  const isState = filter(statesFilter)
  const isType = filter(typesFilter)
  return ({ groupState, groupType }) => isState(groupState) && isType(groupType)
}

function filter(wanted: readonly string[]): (value: string) => boolean {
  const all = new Set(wanted.map((value) => value.toLowerCase()))
  return (value) => all.size === 0 || all.has(value.toLowerCase())
}
