/** `millrace topic describe` */
import { valuesOf } from '@millrace/admin'
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeJson } from '../output.ts'
import { formatTable } from '../table.ts'

export const topicDescribeCommand: Command = {
  name: 'topic describe',
  summary: 'Show partitions, offsets and configs of a topic',
  positionals: [{ name: 'topic', summary: 'name of the topic' }],
  options: { ...jsonOption, ...serverOption },
  examples: [{ command: 'millrace topic describe orders', summary: 'Everything about a topic' }],

  async run(input, { terminal }) {
    const name = input.positionals[0] as string
    const description = await withAdmin(input, async (admin) => {
      const topic = valuesOf(await admin.describeTopics([name])).get(name)
      const partitions = topic?.partitions ?? []
      const at = (query: 'earliest' | 'latest') => {
        return admin.listOffsets(partitions.map(({ partition }) => ({ topic: name, partition, at: query })))
      }
      const [earliest, latest] = [valuesOf(await at('earliest')), valuesOf(await at('latest'))]
      const entries = valuesOf(await admin.describeConfigs([{ type: 'topic', name }])).get(`topic:${name}`)
      const configs = [...(entries ?? [])].filter(([, { source }]) => source === 'topic')
      return {
        topic: name,
        topicId: topic?.topicId,
        configs: Object.fromEntries(configs.map(([key, { value }]) => [key, value])),
        partitions: partitions.map(({ partition, leader, replicas, isr }) => {
          const key = `${name}-${partition}`
          const [start, end] = [earliest.get(key)?.offset ?? 0, latest.get(key)?.offset ?? 0]
          return { partition, leader, replicas, isr, startOffset: start, endOffset: end }
        }),
      }
    })
    if (input.flag('json')) {
      await writeJson(terminal, description)
      return exitCode.ok
    }
    const configs = Object.entries(description.configs).map(([key, value]) => `${key}=${value}`)
    await terminal.write(`Topic ${name} (id ${description.topicId})\n`)
    await terminal.write(`Configs: ${configs.length === 0 ? 'none of its own' : configs.join(', ')}\n\n`)
    const rows = description.partitions.map((each) => {
      return [
        each.partition,
        each.leader,
        each.replicas.join(','),
        each.isr.join(','),
        each.startOffset,
        each.endOffset,
      ]
    })
    await terminal.write(formatTable(['PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'START OFFSET', 'END OFFSET'], rows))
    return exitCode.ok
  },
}
