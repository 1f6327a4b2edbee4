/** `millrace topic delete` */
import { type Command, exitCode } from '../command.ts'
import { serverOption, withAdmin } from '../connect.ts'

export const topicDeleteCommand: Command = {
  name: 'topic delete',
  summary: 'Delete topics and their records',
  positionals: [{ name: 'topic', summary: 'name of the topic', isMany: true }],
  options: serverOption,
  examples: [{ command: 'millrace topic delete orders', summary: 'It is gone, and its records with it' }],

  async run(input, { terminal }) {
    const results = await withAdmin(input, (admin) => admin.deleteTopics(input.positionals))
    let code: number = exitCode.ok
    for (const [name, result] of results) {
      if (result.ok) await terminal.write(`Deleted ${name}\n`)
      else {
        code = exitCode.failed
        terminal.writeError(`${result.error.message}\n`)
      }
    }
    return code
  },
}
