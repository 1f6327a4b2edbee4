/** Apache Kafka's jars, from Maven, and our own Java classes over them, compiled with javac; both kept in the user's cache. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { cached, hashOf } from './cached.ts'

const sources = fileURLToPath(new URL('../../java/', import.meta.url))
const pom = join(sources, 'pom.xml')
const fetchLimitMs = 240_000
const compileLimitMs = 60_000

/** What runs Apache Kafka's classes, and ours. */
export interface KafkaJars {
  /** For `java -cp`. */
  readonly classPath: string
  /** `-D` that sets the logging of everything that is started. */
  readonly logging: string
}

/** Options of JVMs that start for little and end soon, so that the second compiler would only cost. */
export function quickJvmOptions({ classPath, logging }: KafkaJars, heapSize: string): string[] {
  return ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-Xmx${heapSize}`, logging, '-cp', classPath]
}

/** Fetches the jars that `java/pom.xml` names, once for its content. */
export async function ensureKafkaJars(): Promise<KafkaJars> {
  const jars = await cached(`kafka-jars-${hashOf([pom])}`, async (directory) => {
    const goals = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`]
    await run({ name: 'mvn dependency:copy-dependencies', command: 'mvn', args: goals }, fetchLimitMs)
  })
  return {
    classPath: join(jars, '*'),
    logging: `-Dlog4j2.configurationFile=${join(sources, 'log4j2.properties')}`,
  }
}

/** The jars, and before them the classes of the `.java` files in `directory`, compiled once for their content. */
export async function withClasses({ classPath, logging }: KafkaJars, directory: string): Promise<KafkaJars> {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(directory, name))
  const classes = await cached(`kafka-classes-${hashOf([pom, ...files])}`, async (target) => {
    const args = ['-nowarn', '-cp', classPath, '-d', target, ...files]
    await run({ name: 'javac', command: 'javac', args }, compileLimitMs)
  })
  return { classPath: `${classes}:${classPath}`, logging }
}

async function run(options: { name: string; command: string; args: string[] }, limitMs: number): Promise<void> {
  const child = new Child(options)
  child.stdin.end()
  await child.succeeds(limitMs)
}
