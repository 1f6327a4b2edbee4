/** Millrace, as its users start it, from the sources of this checkout; and its own hand-over to Apache Kafka. */
import { fileURLToPath } from 'node:url'
import { BrokerProcess, Child } from '@millrace/peers'
import { brokerSettings } from './settings.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const commandLimitMs = 20_000

/** What runs the `millrace` command. */
export function millraceProgram(args: readonly string[]): { command: string; args: string[]; cwd: string } {
  const source = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']
  return { command: process.execPath, args: [...source, 'packages/millrace/src/bin.ts', ...args], cwd: root }
}

export function millraceBroker(port: number, dataDirectory: string): BrokerProcess {
  const settings = brokerSettings.flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const args = ['start', '--port', `${port}`, '--data', dataDirectory, ...settings]
  return new BrokerProcess({ name: 'Millrace', port, dataDirectory, program: () => millraceProgram(args) })
}

/** The server.properties that `millrace kafka-config` prints for a stopped broker's directory. */
export async function kafkaConfigOf(dataDirectory: string, port: number, controllerPort: number): Promise<string> {
  const output: Buffer[] = []
  const ports = ['--port', `${port}`, '--controller-port', `${controllerPort}`]
  const child = new Child({
    name: 'millrace kafka-config',
    ...millraceProgram(['kafka-config', '--data', dataDirectory, ...ports]),
    onOutput: (chunk) => output.push(chunk),
  })
  child.stdin.end()
  await child.succeeds(commandLimitMs)
  return Buffer.concat(output).toString()
}
