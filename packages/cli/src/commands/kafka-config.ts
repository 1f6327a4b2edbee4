/** `millrace kafka-config`: what Apache Kafka needs to open a stopped data directory. */
import { type Command, CommandError, exitCode, UsageError } from '../command.ts'

export const kafkaConfigCommand: Command = {
  name: 'kafka-config',
  summary: 'Print a server.properties with which Apache Kafka opens a data directory',
  options: {
    data: { kind: 'text', summary: 'The data directory of a stopped broker', value: 'DIR', default: './.millrace' },
    port: { kind: 'number', summary: 'Port for clients', value: 'PORT', default: '9092' },
    'controller-port': {
      kind: 'number',
      summary: 'Port for the controller listener',
      value: 'PORT',
      default: 'one above --port',
    },
    host: { kind: 'text', summary: 'Address to listen on', value: 'HOST', default: '127.0.0.1' },
  },
  examples: [
    {
      command: 'millrace kafka-config --data ./.millrace > server.properties',
      summary: 'Move to Apache Kafka: stop Millrace, then',
    },
    { command: 'kafka-server-start.sh server.properties', summary: 'and start Kafka on the same data' },
  ],

  async run(input, { terminal }) {
    const { decodeMetaProperties, metaPropertiesFileName, NodeFileSystem, joinPath } = await import('@millrace/storage')
    const fileSystem = new NodeFileSystem()
    const data = terminal.resolvePath(input.text('data') ?? './.millrace')
    const port = input.number('port') ?? 9092
    const controllerPort = input.number('controller-port') ?? port + 1
    for (const each of [port, controllerPort]) {
      if (each < 1 || each > 65_535) throw new UsageError(`A port is a number from 1 to 65535, not ${each}`)
    }
    const host = input.text('host') ?? '127.0.0.1'
    const path = joinPath(data, metaPropertiesFileName)
    const status = await fileSystem.stat(path)
    if (status === undefined)
      throw new CommandError(`${data} holds no broker's data: ${metaPropertiesFileName} is missing`)
    const { nodeId } = decodeMetaProperties(await fileSystem.readFile(path, 65_536), path)
    const lines = [
      'process.roles=broker,controller',
      `node.id=${nodeId}`,
      `listeners=PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
      `advertised.listeners=PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
      'controller.listener.names=CONTROLLER',
      `controller.quorum.bootstrap.servers=${host}:${controllerPort}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      `log.dirs=${data}`,
      'offsets.topic.replication.factor=1',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
    ]
    await terminal.write(`${lines.join('\n')}\n`)
    return exitCode.ok
  },
}
