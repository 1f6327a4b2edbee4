/** JoinGroup, SyncGroup and LeaveGroup between the wire and the shard. */
import { type Random, randomUuid, uuidToDashed } from '@millrace/base'
import {
  ErrorCode,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type SyncGroupRequest,
} from '@millrace/protocol'
import { noBytes } from './classic-member.ts'
import type { JoinCommand, LeaveCommand, SyncCommand } from './commands.ts'

/** What a request does not say itself. */
export interface RequestContext {
  readonly apiVersion: number
  /** From the request header. */
  readonly clientId: string | null
  /** Shown to administrators; Apache Kafka has `/127.0.0.1`, with the slash. */
  readonly clientHost: string
}

/** From this version on, a new dynamic member is given its id first and joins with it (KIP-394). */
const knownMemberIdVersion = 4
/** From this version on, a static leader can be told not to assign (KIP-814). */
const skipAssignmentVersion = 9
const nullableProtocolNameVersion = 7

/** An id begins with the instance or client id; a uuid follows, and the whole must fit the 32767 bytes of a string. */
const memberIdPrefixLengthMax = 8000

export function joinCommand(request: JoinGroupRequest, context: RequestContext, random: Random): JoinCommand {
  const { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs } = request
  const clientId = context.clientId ?? ''
  // A pair of surrogates must not be cut: half of one cannot be written.
  const prefix = (groupInstanceId ?? clientId).slice(0, memberIdPrefixLengthMax).replace(/[\uD800-\uDBFF]$/, '')
  return {
    kind: 'join',
    groupId: request.groupId,
    memberId: request.memberId,
    instanceId: groupInstanceId,
    newMemberId: `${prefix}-${uuidToDashed(randomUuid(random))}`,
    clientId,
    clientHost: context.clientHost,
    sessionTimeoutMs,
    // Version 0 has none.
    rebalanceTimeoutMs: rebalanceTimeoutMs > 0 ? rebalanceTimeoutMs : sessionTimeoutMs,
    protocolType: request.protocolType,
    // The metadata outlives the request's frame.
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    requireKnownMemberId: context.apiVersion >= knownMemberIdVersion,
    canSkipAssignment: context.apiVersion >= skipAssignmentVersion,
  }
}

/** The most bytes of a string in a record. */
const stringSizeMax = 32_767

/**
 * Whether all that is written of a member can be. What was read from bytes that are no UTF-8 may not fit any more: one such
 * member would keep the record of its whole group from being written.
 */
export function isWritable({
  groupId,
  instanceId,
  newMemberId,
  clientId,
  protocolType,
  protocols,
}: JoinCommand): boolean {
  const texts = [groupId, instanceId ?? '', newMemberId, clientId, protocolType, ...protocols.map(({ name }) => name)]
  return texts.every((text) => text.length * 3 <= stringSizeMax || Buffer.byteLength(text) <= stringSizeMax)
}

/** Before version 7 the protocol's name cannot be null. */
export function joinResponse(
  reply: Omit<JoinGroupResponse, 'throttleTimeMs'>,
  { apiVersion }: RequestContext,
): JoinGroupResponse {
  const { errorCode, generationId, protocolType, leader, skipAssignment, memberId, members } = reply
  const protocolName = apiVersion >= nullableProtocolNameVersion ? reply.protocolName : (reply.protocolName ?? '')
  const throttleTimeMs = 0
  return {
    throttleTimeMs,
    errorCode,
    generationId,
    protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  }
}

export function joinError(memberId: string, errorCode: number, context: RequestContext): JoinGroupResponse {
  const generation = { generationId: -1, protocolType: null, protocolName: null, leader: '', skipAssignment: false }
  return joinResponse({ ...generation, errorCode, memberId, members: [] }, context)
}

export function syncCommand(request: SyncGroupRequest): SyncCommand {
  return {
    kind: 'sync',
    groupId: request.groupId,
    generationId: request.generationId,
    memberId: request.memberId,
    instanceId: request.groupInstanceId,
    protocolType: request.protocolType,
    protocolName: request.protocolName,
    assignments: request.assignments.map(({ memberId, assignment }) => ({
      memberId,
      assignment: Buffer.from(assignment),
    })),
  }
}

export function syncError(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, protocolType: null, protocolName: null, assignment: noBytes }
}

/** Up to version 2 a request is about one member, and the answer is its error. */
const manyLeaversVersion = 3

export function leaveCommand(request: LeaveGroupRequest, { apiVersion }: RequestContext): LeaveCommand {
  const members =
    apiVersion >= manyLeaversVersion
      ? request.members.map(({ memberId, groupInstanceId }) => ({ memberId, instanceId: groupInstanceId }))
      : [{ memberId: request.memberId, instanceId: null }]
  return { kind: 'leave', groupId: request.groupId, members }
}

export function leaveResponse(
  members: LeaveGroupResponse['members'],
  { apiVersion }: RequestContext,
): LeaveGroupResponse {
  if (apiVersion >= manyLeaversVersion) return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, members }
  return { throttleTimeMs: 0, errorCode: members[0]?.errorCode ?? ErrorCode.NONE, members: [] }
}
