/** `millrace group describe`: members, committed offsets and lag. */
import { type Admin, type GroupDescription, valuesOf } from '@millrace/admin'
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeJson } from '../output.ts'
import { formatTable } from '../table.ts'

interface GroupPartition {
  readonly topic: string
  readonly partition: number
  /** Null: nothing committed. */
  readonly committedOffset: number | null
  readonly endOffset: number
  readonly lag: number | null
  readonly memberId: string | null
  readonly clientHost: string | null
}

export const groupDescribeCommand: Command = {
  name: 'group describe',
  summary: 'Show members, committed offsets and lag of a group',
  positionals: [{ name: 'group', summary: 'name of the group' }],
  options: { ...jsonOption, ...serverOption },
  examples: [{ command: 'millrace group describe billing', summary: 'How far behind is billing?' }],

  async run(input, { terminal }) {
    const groupId = input.positionals[0] as string
    const { group, partitions } = await withAdmin(input, async (admin) => {
      const described = valuesOf(await admin.describeGroups([groupId])).get(groupId) as GroupDescription
      return { group: described, partitions: await partitionsOf(admin, described) }
    })
    if (input.flag('json')) {
      const { state, protocol, coordinator, members } = group
      const shown = members.map(({ memberId, clientId, clientHost, groupInstanceId }) => ({
        memberId,
        clientId,
        clientHost,
        groupInstanceId,
      }))
      await writeJson(terminal, { group: groupId, state, protocol, coordinator, members: shown, partitions })
      return exitCode.ok
    }
    const protocol = group.protocol === '' ? '' : `, assigned by ${group.protocol}`
    await terminal.write(`Group ${groupId}: ${group.state}, ${group.members.length} member(s)${protocol}\n\n`)
    if (partitions.length === 0) await terminal.write('It has committed no offsets.\n')
    else {
      const rows = partitions.map((each) => {
        return [
          each.topic,
          each.partition,
          each.committedOffset,
          each.endOffset,
          each.lag,
          each.memberId,
          each.clientHost,
        ]
      })
      await terminal.write(formatTable(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER', 'HOST'], rows))
    }
    return exitCode.ok
  },
}

/** What was committed or is assigned, with the end of each partition. */
async function partitionsOf(admin: Admin, group: GroupDescription): Promise<readonly GroupPartition[]> {
  const key = (topic: string, partition: number) => `${topic}-${partition}`
  const committed = new Map(
    (await admin.listGroupOffsets(group.groupId)).map((each) => [key(each.topic, each.partition), each]),
  )
  const owners = new Map(
    group.members.flatMap((member) =>
      member.assignment.map(({ topic, partition }) => [key(topic, partition), member] as const),
    ),
  )
  const all = new Map<string, { topic: string; partition: number }>()
  for (const { topic, partition } of committed.values()) all.set(key(topic, partition), { topic, partition })
  for (const { assignment } of group.members)
    for (const each of assignment) all.set(key(each.topic, each.partition), each)
  const ends = await admin.listOffsets(Array.from(all.values(), (each) => ({ ...each, at: 'latest' as const })))
  return [...all]
    .map(([name, { topic, partition }]) => {
      const end = ends.get(name)
      const endOffset = end?.ok ? end.value.offset : -1
      const committedOffset = committed.get(name)?.offset ?? null
      const lag = committedOffset === null || endOffset < 0 ? null : Math.max(0, endOffset - committedOffset)
      const owner = owners.get(name)
      return {
        topic,
        partition,
        committedOffset,
        endOffset,
        lag,
        memberId: owner?.memberId ?? null,
        clientHost: owner?.clientHost ?? null,
      }
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}
