/** Apache Kafka's tools against the broker: each must end with 0 and say the essential. Their names are Kafka's. */
import type { BrokerProcess } from '@millrace/peers'
import type { CaseRunner } from '../case-runner.ts'
import type { JavaTools } from '../tools/java-tools.ts'

const toolCaseLimitMs = 120_000
const topic = 'tools'
const group = 'tools-group'
const recordCount = 5000

/** A tool's class and everything that is asked of it. */
type Call = (className: string, args: readonly string[]) => Promise<string>

interface ToolCase {
  readonly name: string
  readonly run: (call: Call, address: string, tools: JavaTools) => Promise<void>
}

const topicCommand = 'org.apache.kafka.tools.TopicCommand'
const groupCommand = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
const configCommand = 'kafka.admin.ConfigCommand'

/** In this order: later ones use what earlier ones made. */
const toolCases: readonly ToolCase[] = [
  {
    name: 'TopicCommand creates, lists, describes, grows and deletes topics',
    async run(call, address, tools) {
      const at = ['--bootstrap-server', address]
      const create = [...at, '--create', '--topic', topic, '--partitions', '3', '--config', 'retention.ms=86400000']
      expect(await call(topicCommand, create), /Created topic tools\./)
      const again = await tools.run(topicCommand, create)
      expect(`${again.exitCode} ${again.output}${again.errors}`, /^1 [\s\S]*already exists/)
      expect(await call(topicCommand, [...at, '--list']), /^tools$/m)
      const described = await call(topicCommand, [...at, '--describe', '--topic', topic])
      expect(described, /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=86400000/)
      expect(described, /Partition: 2\s+Leader: 1\s+Replicas: 1\s+Isr: 1/)
      await call(topicCommand, [...at, '--alter', '--topic', topic, '--partitions', '6'])
      expect(
        await call(topicCommand, [...at, '--describe', '--topic', topic]),
        /PartitionCount: 6[\s\S]*Partition: 5\s/,
      )
      await call(topicCommand, [...at, '--create', '--topic', 'tools-gone'])
      await call(topicCommand, [...at, '--delete', '--topic', 'tools-gone'])
      expectNot(await call(topicCommand, [...at, '--list']), /tools-gone/)
    },
  },
  {
    name: 'ProducerPerformance produces',
    async run(call, address) {
      const load = ['--num-records', `${recordCount}`, '--record-size', '100', '--throughput', '-1']
      const settings = ['--command-property', `bootstrap.servers=${address}`, 'acks=all', 'compression.type=lz4']
      const output = await call('org.apache.kafka.tools.ProducerPerformance', ['--topic', topic, ...load, ...settings])
      expect(output, /5000 records sent, .*99th/)
    },
  },
  {
    name: 'GetOffsetShell finds first and last offsets',
    async run(call, address) {
      const shell = 'org.apache.kafka.tools.GetOffsetShell'
      const at = ['--bootstrap-server', address]
      expectSum(await call(shell, [...at, '--topic', topic]), recordCount)
      expectSum(await call(shell, [...at, '--topic', topic, '--time', 'earliest']), 0)
      expectSum(await call(shell, [...at, '--topic-partitions', `${topic}:0-6`, '--time', 'latest']), recordCount)
    },
  },
  {
    name: 'ConsoleConsumer reads everything in a group',
    async run(_call, address, tools) {
      const until = ['--max-messages', `${recordCount}`, '--timeout-ms', '20000']
      const args = ['--bootstrap-server', address, '--topic', topic, '--group', group, '--from-beginning', ...until]
      const { exitCode, output, errors } = await tools.run('org.apache.kafka.tools.consumer.ConsoleConsumer', args)
      expect(`${exitCode} ${errors}`, /^0 [\s\S]*Processed a total of 5000 messages/)
      const lineCount = output.split('\n').filter((line) => line.length === 100).length
      if (lineCount !== recordCount) throw new Error(`It printed ${lineCount} records of 100 bytes`)
    },
  },
  {
    name: 'ConsumerPerformance consumes',
    async run(call, address) {
      const args = ['--bootstrap-server', address, '--topic', topic, '--num-records', `${recordCount}`]
      const output = await call('org.apache.kafka.tools.ConsumerPerformance', [...args, '--group', 'tools-performance'])
      const count = Number(output.trim().split('\n').at(-1)?.split(', ')[4])
      if (count !== recordCount) throw new Error(`It consumed ${count} records:\n${output}`)
    },
  },
  {
    name: 'EndToEndLatency sends and receives one by one',
    async run(call, address) {
      const args = [address, 'tools-latency', '100', 'all', '200']
      expect(await call('org.apache.kafka.tools.EndToEndLatency', args), /Avg latency: [\d.]+ ms[\s\S]*Percentiles: /)
    },
  },
  {
    name: 'ConsumerGroupCommand lists, describes, resets and deletes groups',
    async run(call, address) {
      const at = ['--bootstrap-server', address]
      expect(await call(groupCommand, [...at, '--list']), /^tools-group$/m)
      const one = [...at, '--group', group]
      expectLag(await call(groupCommand, [...one, '--describe']), 0)
      expect(await call(groupCommand, [...one, '--describe', '--state']), /tools-group\s.*Empty\s+0/)
      expect(await call(groupCommand, [...one, '--describe', '--members']), /CLIENT-ID\s+#PARTITIONS\s*$/)
      const reset = [...one, '--reset-offsets', '--topic', topic, '--to-earliest']
      expect(await call(groupCommand, [...reset, '--execute']), /tools-group\s+tools\s+5\s+0/)
      expectLag(await call(groupCommand, [...one, '--describe']), recordCount)
      const deleted = await call(groupCommand, [...one, '--delete'])
      expect(deleted, /Deletion of requested consumer groups \('tools-group'\) was successful/)
      expectNot(await call(groupCommand, [...at, '--list']), /^tools-group$/m)
    },
  },
  {
    name: 'ConfigCommand describes and alters topics and brokers',
    async run(call, address) {
      const at = ['--bootstrap-server', address]
      const ofTopic = [...at, '--entity-type', 'topics', '--entity-name', topic]
      await call(configCommand, [
        ...ofTopic,
        '--alter',
        '--add-config',
        'retention.ms=3600000,cleanup.policy=[compact,delete]',
      ])
      const described = await call(configCommand, [...ofTopic, '--describe'])
      expect(described, /retention\.ms=3600000/)
      expect(described, /cleanup\.policy=compact,delete/)
      await call(configCommand, [...ofTopic, '--alter', '--delete-config', 'retention.ms,cleanup.policy'])
      expectNot(await call(configCommand, [...ofTopic, '--describe']), /retention\.ms/)
      expect(await call(configCommand, [...ofTopic, '--describe', '--all']), /segment\.bytes=1048576/)
      const ofBroker = [...at, '--entity-type', 'brokers', '--entity-name', '1']
      expect(await call(configCommand, [...ofBroker, '--describe', '--all']), /log\.segment\.bytes=1048576/)
      const ofBrokers = [...at, '--entity-type', 'brokers', '--entity-default']
      await call(configCommand, [...ofBrokers, '--alter', '--add-config', 'message.max.bytes=2000000'])
      expect(await call(configCommand, [...ofBrokers, '--describe']), /message\.max\.bytes=2000000/)
      await call(configCommand, [...ofBrokers, '--alter', '--delete-config', 'message.max.bytes'])
    },
  },
  {
    name: 'LogDirsCommand shows the size of every partition',
    async run(call, address) {
      const args = ['--bootstrap-server', address, '--describe', '--topic-list', topic]
      const output = await call('org.apache.kafka.tools.LogDirsCommand', args)
      const line = output.split('\n').find((each) => each.startsWith('{')) ?? '{}'
      const { brokers } = JSON.parse(line) as { brokers?: { logDirs: { error: string | null; partitions: Dir[] }[] }[] }
      const directories = brokers?.flatMap(({ logDirs }) => logDirs) ?? []
      const partitions = directories.flatMap((directory) => directory.partitions)
      const size = partitions.reduce((total, each) => total + each.size, 0)
      const isGood = directories.every(({ error }) => error === null) && partitions.length === 6 && size > recordCount
      if (!isGood) throw new Error(`Not six partitions with some bytes:\n${output}`)
    },
  },
  {
    name: 'BrokerApiVersionsCommand can use everything that the broker offers',
    async run(call, address) {
      const args = ['--bootstrap-server', address]
      const output = await call('org.apache.kafka.tools.BrokerApiVersionsCommand', args)
      for (const api of [
        'Produce',
        'Fetch',
        'ListOffsets',
        'Metadata',
        'JoinGroup',
        'CreateTopics',
        'InitProducerId',
      ]) {
        expect(output, new RegExp(`\\t${api}\\(\\d+\\): .*\\[usable: \\d+\\]`))
      }
    },
  },
  {
    name: 'MetadataQuorumCommand describes the quorum',
    async run(call, address) {
      const tool = 'org.apache.kafka.tools.MetadataQuorumCommand'
      const at = ['--bootstrap-server', address, 'describe']
      const status = await call(tool, [...at, '--status'])
      expect(status, /LeaderId:\s+1\n/)
      expect(status, /LeaderEpoch:\s+\d+\n/)
      expect(status, /HighWatermark:\s+[1-9]\d*\n/)
      expect(status, /CurrentVoters:\s+\[.*1.*\]/)
      expect(await call(tool, [...at, '--replication']), /^1\s.*\sLeader\s*$/m)
    },
  },
]

interface Dir {
  readonly partition: string
  readonly size: number
}

export async function runAdminTools(runner: CaseRunner, tools: JavaTools, broker: BrokerProcess): Promise<void> {
  const cases = toolCases.map(({ name, run }) => ({
    name: `tool: ${name}`,
    limitMs: toolCaseLimitMs,
    async run() {
      const call: Call = (className, args) => tools.succeed(className, args)
      await run(call, broker.address, tools)
      return undefined
    },
  }))
  await runner.runAll(cases, 1)
}

function expect(output: string, pattern: RegExp): void {
  if (!pattern.test(output)) throw new Error(`Not as expected (${pattern}):\n${output.slice(-3000)}`)
}

function expectNot(output: string, pattern: RegExp): void {
  if (pattern.test(output)) throw new Error(`Has what it should not have (${pattern}):\n${output.slice(-3000)}`)
}

/** Lines `topic:partition:offset` of six partitions that add up to `sum`. */
function expectSum(output: string, sum: number): void {
  const offsets = [...output.matchAll(/^tools:\d:(\d+)$/gm)].map((match) => Number(match[1]))
  const total = offsets.reduce((all, each) => all + each, 0)
  if (offsets.length !== 6 || total !== sum) throw new Error(`Not ${sum} records in six partitions:\n${output}`)
}

/** The column LAG of all partitions adds up to `sum`. */
function expectLag(output: string, sum: number): void {
  const rows = output.split('\n').filter((line) => /^tools-group\s+tools\s/.test(line))
  const lags = rows.map((row) => Number(row.trim().split(/\s+/)[5]))
  const total = lags.reduce((all, each) => all + each, 0)
  if (rows.length === 0 || total !== sum) throw new Error(`The lag is not ${sum}:\n${output}`)
}
