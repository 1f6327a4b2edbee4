/** Apache Kafka 4.3.1 as one node that is broker and controller. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../child.ts'
import { type KafkaJars, quickJvmOptions } from '../tools/kafka-jars.ts'
import { BrokerProcess } from './broker-process.ts'

const formatLimitMs = 30_000

/** Lines of server.properties, in their order. */
export type KafkaSettings = readonly (readonly [key: string, value: string])[]

/** A broker on a directory that exists, with this server.properties; by default in a JVM that starts soon. */
export function kafkaBroker(
  jars: KafkaJars,
  { port, dataDirectory, properties }: { port: number; dataDirectory: string; properties: string },
  jvmOptions: readonly string[] = quickJvmOptions(jars, '768m'),
): BrokerProcess {
  const args = [...jvmOptions, 'kafka.Kafka', properties]
  return new BrokerProcess({ name: 'Apache Kafka', port, dataDirectory, program: () => ({ command: 'java', args }) })
}

/** A broker on a new directory: writes its server.properties beside it and formats it. */
export async function newKafkaBroker(
  jars: KafkaJars,
  ports: { port: number; controllerPort: number },
  dataDirectory: string,
  settings: KafkaSettings,
  jvmOptions?: readonly string[],
): Promise<BrokerProcess> {
  const properties = `${dataDirectory}.properties`
  writeFileSync(properties, serverProperties(ports, dataDirectory, settings))
  const format = ['format', '--standalone', '--cluster-id', 'MkU3OEVBNTcwNTJENDM2Qg', '--config', properties]
  const child = new Child({
    name: 'kafka.tools.StorageTool format',
    command: 'java',
    args: [...quickJvmOptions(jars, '256m'), 'kafka.tools.StorageTool', ...format],
  })
  child.stdin.end()
  await child.succeeds(formatLimitMs)
  return kafkaBroker(jars, { port: ports.port, dataDirectory, properties }, jvmOptions)
}

/** The same lines as `millrace kafka-config` prints, for a directory that Millrace did not write. */
export function serverProperties(
  { port, controllerPort }: { port: number; controllerPort: number },
  dataDirectory: string,
  settings: KafkaSettings,
): string {
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `listeners=${listeners}`,
    `advertised.listeners=${listeners}`,
    'controller.listener.names=CONTROLLER',
    `controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(dataDirectory)}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    ...settings.map(([key, value]) => `${key}=${value}`),
  ]
  return `${lines.join('\n')}\n`
}
