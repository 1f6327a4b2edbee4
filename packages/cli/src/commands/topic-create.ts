/** `millrace topic create` */
import { type Command, exitCode, UsageError } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeJson } from '../output.ts'

export const topicCreateCommand: Command = {
  name: 'topic create',
  summary: 'Create topics',
  positionals: [{ name: 'topic', summary: 'name of the topic', isMany: true }],
  options: {
    partitions: { kind: 'number', short: 'p', summary: 'Number of partitions', default: 'the broker’s num.partitions' },
    replicas: {
      kind: 'number',
      short: 'r',
      summary: 'Replication factor',
      default: 'the broker’s default.replication.factor',
    },
    config: { kind: 'texts', short: 'c', summary: 'A topic config', value: 'KEY=VALUE' },
    ...jsonOption,
    ...serverOption,
  },
  examples: [
    { command: 'millrace topic create orders --partitions 6', summary: 'Six partitions' },
    { command: 'millrace topic create big --config max.message.bytes=10485760', summary: 'Larger records' },
  ],

  async run(input, { terminal }) {
    const configs = Object.fromEntries(input.texts('config').map(parseConfig))
    const partitions = input.number('partitions')
    const replicationFactor = input.number('replicas')
    const topics = input.positionals.map((name) => ({
      name,
      configs,
      ...(partitions === undefined ? {} : { partitions }),
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
    }))
    const results = await withAdmin(input, (admin) => admin.createTopics(topics))
    let code: number = exitCode.ok
    for (const [name, result] of results) {
      if (!result.ok) {
        code = exitCode.failed
        terminal.writeError(`${result.error.message}\n`)
      } else if (input.flag('json')) await writeJson(terminal, { topic: name, ...result.value })
      else await terminal.write(`Created ${name} with ${result.value.partitions} partition(s)\n`)
    }
    return code
  },
}

export function parseConfig(text: string): [string, string] {
  const separator = text.indexOf('=')
  if (separator <= 0) throw new UsageError(`--config takes KEY=VALUE, not ${JSON.stringify(text)}`)
  return [text.slice(0, separator), text.slice(separator + 1)]
}
