/** The two brokers, each on the same directory, one at a time. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BrokerProcess, Child, type KafkaJars, kafkaBroker } from '@millrace/peers'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const commandLimitMs = 120_000

/** Small segments, and upkeep that does not wait. */
const settings = [
  ['log.segment.bytes', '1048576'],
  ['log.cleaner.backoff.ms', '200'],
  ['log.cleaner.min.cleanable.ratio', '0.2'],
  ['log.retention.check.interval.ms', '500'],
  ['log.initial.task.delay.ms', '500'],
  ['offsets.topic.num.partitions', '4'],
  ['transaction.state.log.num.partitions', '4'],
  ['log.segment.delete.delay.ms', '1000'],
] as const

export function millraceProgram(args: readonly string[]): { command: string; args: string[]; cwd: string } {
  const source = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']
  return { command: process.execPath, args: [...source, 'packages/millrace/src/bin.ts', ...args], cwd: root }
}

/** What the command prints; throws when it fails. */
export async function runMillrace(args: readonly string[]): Promise<string> {
  const output: Buffer[] = []
  const child = new Child({
    name: `millrace ${args[0]} ${args[1]}`,
    ...millraceProgram(args),
    onOutput: (chunk) => output.push(chunk),
  })
  child.stdin.end()
  await child.succeeds(commandLimitMs)
  return Buffer.concat(output).toString()
}

export function millraceBroker(
  port: number,
  dataDirectory: string,
  more: readonly (readonly [key: string, value: string])[] = [],
): BrokerProcess {
  const given = [...settings, ...more].flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const args = ['start', '--port', `${port}`, '--data', dataDirectory, '--log-level', 'info', ...given]
  return new BrokerProcess({ name: 'Millrace', port, dataDirectory, program: () => millraceProgram(args) })
}

/** Apache Kafka over the directory of a broker that has stopped, or was killed. */
export async function kafkaOver(
  jars: KafkaJars,
  dataDirectory: string,
  properties: string,
  ports: { readonly port: number; readonly controllerPort: number },
): Promise<BrokerProcess> {
  const { port, controllerPort } = ports
  const args = ['--data', dataDirectory, '--port', `${port}`, '--controller-port', `${controllerPort}`]
  const own = await runMillrace(['kafka-config', ...args])
  writeFileSync(properties, `${own}\n${settings.map(([key, value]) => `${key}=${value}`).join('\n')}\n`)
  return kafkaBroker(jars, { port, dataDirectory, properties })
}
