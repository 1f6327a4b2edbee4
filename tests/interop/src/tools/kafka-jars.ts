/** Apache Kafka's jars, from Maven, and the suite's own Java classes, compiled with javac; both kept in the user's cache. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { cached, hashOf } from './cached.ts'

const sources = fileURLToPath(new URL('../../java/', import.meta.url))
const fetchLimitMs = 240_000
const compileLimitMs = 60_000

/** What runs Apache Kafka's classes and ours. */
export interface KafkaJars {
  /** For `java -cp`. */
  readonly classPath: string
  /** `-D` that sets the logging of everything that is started. */
  readonly logging: string
}

/** Fetches the jars that `java/pom.xml` names and compiles `java/*.java`, each once for the content of these files. */
export async function ensureKafkaJars(): Promise<KafkaJars> {
  const pom = join(sources, 'pom.xml')
  const jars = await cached(`kafka-jars-${hashOf([pom])}`, async (directory) => {
    const goals = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`]
    await run({ name: 'mvn dependency:copy-dependencies', command: 'mvn', args: goals }, fetchLimitMs)
  })
  const files = readdirSync(sources)
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(sources, name))
  const classes = await cached(`kafka-classes-${hashOf([pom, ...files])}`, async (directory) => {
    const args = ['-nowarn', '-cp', join(jars, '*'), '-d', directory, ...files]
    await run({ name: 'javac', command: 'javac', args }, compileLimitMs)
  })
  return {
    classPath: `${classes}:${join(jars, '*')}`,
    logging: `-Dlog4j2.configurationFile=${join(sources, 'log4j2.properties')}`,
  }
}

async function run(options: { name: string; command: string; args: string[] }, limitMs: number): Promise<void> {
  const child = new Child(options)
  child.stdin.end()
  await child.succeeds(limitMs)
}
