/** What a result was measured on: the machine, the date, the versions. No names of hosts, no paths. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface Machine {
  readonly date: string
  readonly machine: string
  readonly versions: string
}

const root = fileURLToPath(new URL('../../../', import.meta.url))

export function describeMachine(): Machine {
  const processors = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const system = `${process.platform} ${release().split('-')[0]}`
  const versions = [
    `Millrace ${versionIn('packages/millrace/package.json')}${commit()}`,
    `Node ${process.versions.node}`,
  ]
  versions.push(
    'Apache Kafka 4.3.1',
    `kafkajs ${versionOf('kafkajs')}`,
    `@platformatic/kafka ${versionOf('@platformatic/kafka')}`,
  )
  versions.push(`librdkafka ${librdkafkaVersion()}`, javaVersion())
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${processors.length} × ${processors[0]?.model.trim() ?? process.arch}, ${memory}, ${system}`,
    versions: versions.join(', '),
  }
}

function versionIn(path: string): string {
  return JSON.parse(readFileSync(`${root}${path}`, 'utf8')).version
}

/** As its manifest says, which not every package exports. */
function versionOf(name: string): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  try {
    return createRequire(import.meta.url)(`${name}/package.json`).version
  } catch {
    return manifest.devDependencies[name]
  }
}

/** confluent-kafka has the version of the librdkafka that it brings. */
function librdkafkaVersion(): string {
  const requirements = readFileSync(`${root}tools/peers/python/requirements.txt`, 'utf8')
  return /confluent-kafka==(\S+)/.exec(requirements)?.[1] ?? 'unknown'
}

function commit(): string {
  const text = outputOf('git', ['-C', root, 'describe', '--always', '--dirty'])
  return text === undefined ? '' : ` (${text})`
}

function javaVersion(): string {
  const version = /"([^"]+)"/.exec(outputOf('java', ['-version']) ?? '')?.[1]
  return version === undefined ? 'no Java' : `Java ${version}`
}

/** What it prints, also to standard error, where Java tells its version. */
function outputOf(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', command, ...args], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
