/** `millrace topic list` */
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeTable } from '../output.ts'

export const topicListCommand: Command = {
  name: 'topic list',
  summary: 'List topics',
  options: {
    internal: { kind: 'flag', summary: 'Also the topics that Kafka keeps for itself' },
    ...jsonOption,
    ...serverOption,
  },
  examples: [{ command: 'millrace topic list', summary: 'Names and numbers of partitions' }],

  async run(input, { terminal }) {
    const results = await withAdmin(input, (admin) => admin.describeTopics())
    const topics = [...results.values()]
      .flatMap((result) => (result.ok ? [result.value] : []))
      .filter(({ isInternal }) => input.flag('internal') || !isInternal)
      .map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
      }))
      .sort((a, b) => (a.topic < b.topic ? -1 : 1))
    await writeTable(terminal, input, topics, {
      header: ['TOPIC', 'PARTITIONS', 'REPLICAS'],
      rows: topics.map(({ topic, partitions, replicas }) => [topic, partitions, replicas]),
      empty: 'There are no topics.',
    })
    return exitCode.ok
  },
}
