/** What DescribeGroups and ListGroups show: committed groups only. */
import type { ClassicGroup } from './classic-group.ts'
import { noBytes } from './classic-member.ts'
import type { ClassicState, DescribeReply, ListReply } from './commands.ts'
import type { GroupState } from './group-state.ts'
import type { StoredGroup } from './records.ts'

export function describeGroup(state: GroupState, groupId: string, committedOffset: number): DescribeReply {
  const stored = state.stored.getAt(groupId, committedOffset)
  const group = state.live.get(groupId)
  const isOtherType = state.others.getAt(groupId, committedOffset) !== undefined
  if (stored === undefined && (isOtherType || !state.offsets.hasGroupAt(groupId, committedOffset))) {
    return { kind: 'describe', group: undefined, isOtherType }
  }
  const groupState = shownState(group, stored)
  const isStable = groupState === 'Stable'
  const members = [...(group?.members.values() ?? [])].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: isStable ? member.metadataFor(group?.protocol ?? null) : noBytes,
    memberAssignment: isStable ? member.assignment : noBytes,
  }))
  return {
    kind: 'describe',
    isOtherType,
    group: {
      state: groupState,
      protocolType: group?.protocolType ?? stored?.protocolType ?? '',
      protocolData: isStable ? (group?.protocol ?? '') : '',
      members,
    },
  }
}

/** A group is stable when its assignment is committed. */
function shownState(group: ClassicGroup | undefined, committed: StoredGroup | undefined): ClassicState {
  if (group === undefined) return 'Empty'
  return group.state === 'Stable' && group.stored !== committed ? 'CompletingRebalance' : group.state
}

export function listGroups(state: GroupState, committedOffset: number): ListReply {
  const groups: ListReply['groups'][number][] = []
  const classic = (groupId: string, stored: StoredGroup | undefined) => {
    const group = state.live.get(groupId)
    const protocolType = group?.protocolType ?? stored?.protocolType ?? ''
    groups.push({ groupId, protocolType, groupState: shownState(group, stored), groupType: 'classic' })
  }
  const seen = new Set<string>()
  for (const [groupId, stored] of state.stored.entriesAt(committedOffset)) {
    seen.add(groupId)
    classic(groupId, stored)
  }
  for (const [groupId, { type, memberCount }] of state.others.entriesAt(committedOffset)) {
    seen.add(groupId)
    // Without running these groups, only "nobody is there" can be told for sure.
    groups.push({ groupId, protocolType: type, groupState: memberCount === 0 ? 'Empty' : 'Stable', groupType: type })
  }
  for (const groupId of state.offsets.groupIdsAt(committedOffset)) if (!seen.has(groupId)) classic(groupId, undefined)
  return { kind: 'list', groups }
}
