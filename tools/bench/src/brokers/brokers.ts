/** The brokers that are measured, each as its users start it. */
import { BrokerProcess, freePort, type KafkaJars, newKafkaBroker } from '@millrace/peers'
import { agentProgram, serverJvmOptions } from '../clients/programs.ts'
import type { Durability } from '../options.ts'
import { brokerSettings } from './settings.ts'

/** What the bootstrap of this checkout sets, and users do not have. */
const userEnvironment = { NODE_OPTIONS: undefined, NODE_COMPILE_CACHE: undefined, UV_THREADPOOL_SIZE: undefined }

/** The bundled command on this directory. `bin` is the file to run. */
export async function newMillrace(bin: string, dataDirectory: string, durability: Durability): Promise<BrokerProcess> {
  const port = await freePort()
  const settings = brokerSettings.flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const args = [bin, 'start', '--port', `${port}`, '--data', dataDirectory, '--durability', durability, ...settings]
  const program = () => ({ command: process.execPath, args, env: userEnvironment })
  return new BrokerProcess({ name: 'Millrace', port, dataDirectory, program })
}

/** Apache Kafka with the JVM options of its own start script, on this new directory. */
export async function newKafka(jars: KafkaJars, dataDirectory: string, durability: Durability): Promise<BrokerProcess> {
  const ports = { port: await freePort(), controllerPort: await freePort() }
  const flush = durability === 'fsync' ? ([['log.flush.interval.messages', '1']] as const) : []
  const jvm = [...serverJvmOptions('1g'), '-Xms1g', jars.logging, '-cp', jars.classPath]
  return newKafkaBroker(jars, ports, dataDirectory, [...brokerSettings, ...flush], jvm)
}

/** A broker that acknowledges and stores nothing: what the client alone could do. */
export async function newNullBroker(partitions: number): Promise<BrokerProcess> {
  const port = await freePort()
  const program = () => agentProgram('null-broker', [`port=${port}`, `partitions=${partitions}`])
  return new BrokerProcess({ name: 'null broker', port, dataDirectory: '', program })
}
