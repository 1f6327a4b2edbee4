/** `millrace group list` */
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeTable } from '../output.ts'

export const groupListCommand: Command = {
  name: 'group list',
  summary: 'List groups',
  options: { ...jsonOption, ...serverOption },
  examples: [{ command: 'millrace group list', summary: 'Names, types and states' }],

  async run(input, { terminal }) {
    const groups = await withAdmin(input, (admin) => admin.listGroups())
    await writeTable(
      terminal,
      input,
      groups.map(({ groupId, type, protocolType, state }) => ({ group: groupId, type, protocolType, state })),
      {
        header: ['GROUP', 'TYPE', 'STATE'],
        rows: groups.map(({ groupId, type, state }) => [groupId, type, state]),
        empty: 'There are no groups.',
      },
    )
    return exitCode.ok
  },
}
