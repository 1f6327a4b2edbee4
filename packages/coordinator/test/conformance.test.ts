/** The group shard under the suite that every shard has to pass: commands at random, over a log that fails in every way. */
import { oneUuid, type Random, randomBelow, zeroUuid } from '@millrace/base'
import type { GroupCommand, GroupReply } from '../src/groups/commands.ts'
import { defaultGroupConfig } from '../src/groups/config.ts'
import { groupShard } from '../src/groups/group-shard.ts'
import { describeShard } from '../src/runtime/conformance.ts'
import { subscription } from './bench.ts'

const groups = ['g', 'h']
const topics = ['orders', 'payments']

function pick<T>(random: Random, items: readonly T[]): T {
  return items[randomBelow(random, items.length)] as T
}

/** An id and a generation that some reply mentioned, mostly. */
function known(random: Random, replies: readonly GroupReply[]): { memberId: string; generationId: number } {
  const joins = replies.slice(-30).filter((reply) => reply.kind === 'join')
  if (joins.length === 0 || randomBelow(random, 20) === 0) return { memberId: 'stranger', generationId: 1 }
  const { memberId, generationId } = pick(random, joins)
  return { memberId, generationId: Math.max(generationId, 0) }
}

let memberCount = 0

function command(random: Random, replies: readonly GroupReply[]): GroupCommand {
  const groupId = pick(random, groups)
  const instanceId = randomBelow(random, 5) === 0 ? pick(random, ['one', 'two']) : null
  const member = known(random, replies)
  const name = pick(random, topics)
  const partition = randomBelow(random, 3)
  const producer = { producerId: randomBelow(random, 2), producerEpoch: 0 }
  switch (randomBelow(random, 14)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        kind: 'join',
        groupId,
        memberId: randomBelow(random, 2) === 0 ? '' : member.memberId,
        instanceId,
        newMemberId: `member-${memberCount++}`,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        sessionTimeoutMs: 6_000,
        rebalanceTimeoutMs: 5_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(name) }],
        requireKnownMemberId: randomBelow(random, 3) === 0,
        canSkipAssignment: randomBelow(random, 2) === 0,
      }
    case 4:
    case 5:
    case 6: {
      const assignments = [{ memberId: member.memberId, assignment: Buffer.from([partition]) }]
      return { kind: 'sync', groupId, ...member, instanceId: null, protocolType: null, protocolName: null, assignments }
    }
    case 7:
      return { kind: 'heartbeat', groupId, ...member, instanceId: null }
    case 8:
      return { kind: 'leave', groupId, members: [{ memberId: member.memberId, instanceId: null }] }
    case 9:
    case 10: {
      const offset = { partition, offset: randomBelow(random, 1000), leaderEpoch: 1, metadata: 'm' }
      const commit = {
        groupId,
        instanceId: null,
        ...(randomBelow(random, 2) === 0 ? member : { memberId: '', generationId: -1 }),
        topics: [{ name, topicId: pick(random, [zeroUuid, oneUuid]), partitions: [offset] }],
      }
      if (randomBelow(random, 3) === 0) return { kind: 'transactionalCommit', ...commit, ...producer }
      const retentionMs = randomBelow(random, 4) === 0 ? 5_000 : -1
      return { kind: 'commit', ...commit, unknownGroupErrorCode: 69, retentionMs }
    }
    case 11:
      return {
        kind: 'endTransaction',
        marker: { ...producer, coordinatorEpoch: 1, committed: randomBelow(random, 2) === 0 },
      }
    case 12:
      return randomBelow(random, 2) === 0
        ? { kind: 'deleteGroup', groupId }
        : { kind: 'forgetTopics', topics: [{ name }] }
    default:
      return { kind: 'deleteOffsets', groupId, topics: [{ name, partitions: [partition] }] }
  }
}

describeShard({
  name: 'the group coordinator',
  shard: () => groupShard({ ...defaultGroupConfig, offsetsRetentionMs: 20_000, offsetsRetentionCheckMs: 7_000 }),
  queries: groups.map((groupId) => ({ kind: 'fetch', groupId, topics: null }) as const),
  command,
})
