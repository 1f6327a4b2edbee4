/** What both sides' own tools say of a stopped directory. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Child, type KafkaJars, quickJvmOptions } from '@millrace/peers'
import { runMillrace } from './brokers.ts'

const limitMs = 180_000
/** More do not fit on a command line. */
const filesMax = 300

/** `DumpLogSegments` over every segment and index: what it prints when something is not as it should be. */
export async function dumpWithKafka(
  jars: KafkaJars,
  dataDirectory: string,
): Promise<{ fileCount: number; problems: string[] }> {
  const files: string[] = []
  for (const entry of readdirSync(dataDirectory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('__cluster_metadata') || /-(delete|stray)$/.test(entry.name))
      continue
    for (const name of readdirSync(join(dataDirectory, entry.name))) {
      if (/\.(log|index|timeindex|txnindex|snapshot)$/.test(name)) files.push(join(dataDirectory, entry.name, name))
    }
  }
  const output = await runKafkaTool(jars, ['--deep-iteration', '--files', files.slice(0, filesMax).join(',')])
  const indexes = files.filter((file) => /\.(time)?index$/.test(file)).slice(0, filesMax)
  const sanity = await runKafkaTool(jars, ['--index-sanity-check', '--files', indexes.join(',')])
  const complaint =
    /isvalid: false|mismatch|out of order|Non-consecutive|Invalid|corrupt|Exception|not found|Found timestamp/i
  const problems = [...output.split('\n'), ...sanity.split('\n')].filter((line) => complaint.test(line))
  return { fileCount: files.length, problems: problems.slice(0, 10) }
}

async function runKafkaTool(jars: KafkaJars, args: readonly string[]): Promise<string> {
  const output: Buffer[] = []
  const child = new Child({
    name: 'kafka.tools.DumpLogSegments',
    command: 'java',
    args: [...quickJvmOptions(jars, '512m'), 'org.apache.kafka.tools.DumpLogSegments', ...args],
    onOutput: (chunk) => output.push(chunk),
  })
  child.stdin.end()
  await child.succeeds(limitMs)
  return Buffer.concat(output).toString()
}

/** `millrace log verify`: throws when it finds an error. */
export async function verifyWithMillrace(dataDirectory: string): Promise<string> {
  return (await runMillrace(['log', 'verify', dataDirectory])).trim().split('\n').at(-1) ?? ''
}
