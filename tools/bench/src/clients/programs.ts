/** The programs that produce and consume: ours, and other people's, each in the way that is its fastest. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  Child,
  cached,
  ensureKafkaJars,
  ensurePackages,
  ensurePrograms,
  ensurePython,
  hashOf,
  withClasses,
} from '@millrace/peers'
import type { Program } from '../agent-run.ts'
import type { PeerName } from '../options.ts'

export type Role = 'producer' | 'consumer'

export interface Client {
  readonly name: string
  /** Undefined: our own, always there. */
  readonly peer: PeerName | undefined
  /** Installs what it needs; rejects when that cannot be had. */
  prepare(role: Role): Promise<Program>
}

const directory = fileURLToPath(new URL('../../', import.meta.url))
const compileLimitMs = 60_000

/** A program of `agents/`, run from source. */
export function agentProgram(file: string, args: readonly string[] = []): Program {
  return {
    command: process.execPath,
    args: ['--conditions=@millrace/source', join(directory, 'src/agents', `${file}.ts`), ...args],
    env: { NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  }
}

function nodeClient(name: string, peer: PeerName | undefined, file: string, args: readonly string[] = []): Client {
  return { name, peer, prepare: async (role) => agentProgram(`${file}-${role}`, args) }
}

/** What kafka-run-class.sh gives to Apache Kafka's own performance tools. */
export function serverJvmOptions(heapSize: string): string[] {
  const collector = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35']
  return ['-server', ...collector, '-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true', `-Xmx${heapSize}`]
}

const java: Client = {
  name: 'Java',
  peer: 'java',
  async prepare(role) {
    const { classPath, logging } = await withClasses(await ensureJars(), join(directory, 'java'))
    const main = role === 'producer' ? 'BenchProducer' : 'BenchConsumer'
    return { command: 'java', args: [...serverJvmOptions('512m'), logging, '-cp', classPath, main] }
  },
}

export async function ensureJars() {
  const jdk = 'openjdk-17-jdk-headless'
  await ensurePrograms({ javac: jdk, java: jdk, mvn: 'maven' })
  return ensureKafkaJars()
}

/** The library is the one that confluent-kafka for Python brings: newer than what distributions have, and the same code. */
const librdkafka: Client = {
  name: 'librdkafka',
  peer: 'librdkafka',
  async prepare(role) {
    await ensurePrograms({ gcc: 'gcc', python3: 'python3', pip3: 'python3-pip' })
    await ensurePackages({ '/usr/include/librdkafka/rdkafka.h': 'librdkafka-dev', '/usr/include/stdio.h': 'libc6-dev' })
    const libraries = join(await ensurePython(), 'confluent_kafka.libs')
    const library = readdirSync(libraries).find((name) => name.startsWith('librdkafka-'))
    if (library === undefined) throw new Error(`confluent-kafka has no librdkafka in ${libraries}`)
    const sources = ['stage.h', `${role}.c`].map((name) => join(directory, 'c', name))
    const folder = await cached(`bench-${role}-${hashOf([...sources, join(libraries, library)])}`, async (target) => {
      const args = [
        '-O2',
        '-Wall',
        '-o',
        join(target, role),
        join(directory, 'c', `${role}.c`),
        join(libraries, library),
      ]
      const child = new Child({ name: 'gcc', command: 'gcc', args: [...args, `-Wl,-rpath,${libraries}`] })
      child.stdin.end()
      await child.succeeds(compileLimitMs)
    })
    return { command: join(folder, role), args: [] }
  },
}

const kafkajs = nodeClient('kafkajs', 'kafkajs', 'kafkajs')
const platformatic = nodeClient('@platformatic/kafka', 'platformatic', 'platformatic')

export const producers: readonly Client[] = [
  nodeClient('Millrace enqueue', undefined, 'millrace', ['each=enqueue']),
  nodeClient('Millrace send', undefined, 'millrace', ['each=send']),
  kafkajs,
  platformatic,
  java,
  librdkafka,
]

export const consumers: readonly Client[] = [
  nodeClient('Millrace batches', undefined, 'millrace', ['each=batch']),
  nodeClient('Millrace messages', undefined, 'millrace', ['each=message']),
  kafkajs,
  platformatic,
  java,
  librdkafka,
]

export { java as javaClient }
