/** `millrace group describe`: members, committed offsets and lag. */
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeJson } from '../output.ts'
import { formatTable } from '../table.ts'

export const groupDescribeCommand: Command = {
  name: 'group describe',
  summary: 'Show members, committed offsets and lag of a group',
  positionals: [{ name: 'group', summary: 'name of the group' }],
  options: { ...jsonOption, ...serverOption },
  examples: [{ command: 'millrace group describe billing', summary: 'How far behind is billing?' }],

  async run(input, { terminal }) {
    const groupId = input.positionals[0] as string
    const { group, partitions } = await withAdmin(input, (admin) => admin.groupLag(groupId))
    if (input.flag('json')) {
      const { state, protocol, coordinator, members } = group
      const shown = members.map(({ memberId, clientId, clientHost, groupInstanceId }) => ({
        memberId,
        clientId,
        clientHost,
        groupInstanceId,
      }))
      const rows = partitions.map(({ member, ...rest }) => {
        return { ...rest, memberId: member?.memberId ?? null, clientHost: member?.clientHost ?? null }
      })
      await writeJson(terminal, { group: groupId, state, protocol, coordinator, members: shown, partitions: rows })
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
          each.member?.memberId ?? null,
          each.member?.clientHost ?? null,
        ]
      })
      await terminal.write(formatTable(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER', 'HOST'], rows))
    }
    return exitCode.ok
  },
}
