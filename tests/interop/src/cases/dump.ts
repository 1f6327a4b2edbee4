/** DumpLogSegments over everything that a stopped broker left: it must have no complaint, and count what was written. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Case } from '../case-runner.ts'
import { findComplaint } from '../dump-complaint.ts'
import type { Written } from '../history.ts'
import type { JavaTools } from '../tools/java-tools.ts'
import { partitionCount } from '../transfer.ts'

const dumpLimitMs = 180_000
const tool = 'org.apache.kafka.tools.DumpLogSegments'
const fileKinds = /\.(log|index|timeindex|txnindex|snapshot|checkpoint)$/

export function dumpCases(tools: JavaTools, dataDirectory: string, written: readonly Written[]): Case[] {
  return [
    ...written.map(({ topic, set }) => ({
      name: `dump: ${topic}`,
      limitMs: dumpLimitMs,
      run: () => dumpTopic(tools, dataDirectory, topic, set.count),
    })),
    ...[
      { prefix: '__consumer_offsets-', option: '--offsets-decoder', essential: /"group":"group-/ },
      { prefix: '__cluster_metadata-', option: '--cluster-metadata-decoder', essential: /"type":"PARTITION_RECORD"/ },
    ].map(({ prefix, option, essential }) => ({
      name: `dump: ${prefix}* with its decoder`,
      limitMs: dumpLimitMs,
      async run() {
        const directories = readdirSync(dataDirectory).filter((name) => name.startsWith(prefix))
        const files = directories.flatMap((name) => filesOf(join(dataDirectory, name)))
        const output = await dump(tools, [option], files)
        if (!essential.test(output)) throw new Error(`${prefix}* holds no ${essential}`)
        return `${files.length} files`
      },
    })),
  ]
}

/** Every file of every partition; the batches' counts add up to the records that were written. */
async function dumpTopic(tools: JavaTools, dataDirectory: string, topic: string, recordCount: number): Promise<string> {
  let count = 0
  let fileCount = 0
  for (let partition = 0; partition < partitionCount; partition++) {
    const files = filesOf(join(dataDirectory, `${topic}-${partition}`))
    fileCount += files.length
    const output = await dump(tools, ['--deep-iteration'], files)
    for (const match of output.matchAll(/^baseOffset: .*? count: (\d+) /gm)) count += Number(match[1])
  }
  if (count !== recordCount) throw new Error(`The batches hold ${count} records, ${recordCount} were written`)
  return `${fileCount} files`
}

function filesOf(directory: string): string[] {
  if (!existsSync(directory)) throw new Error(`${directory} is not there`)
  const names = readdirSync(directory).filter((name) => fileKinds.test(name))
  if (!names.some((name) => name.endsWith('.log'))) throw new Error(`${directory} has no log`)
  return names.map((name) => join(directory, name))
}

async function dump(tools: JavaTools, options: readonly string[], files: readonly string[]): Promise<string> {
  const { exitCode, output, errors } = await tools.run(tool, [...options, '--files', files.join(',')])
  const complaint = findComplaint(output, errors)
  if (exitCode === 0 && complaint === undefined) return output
  throw new Error(`DumpLogSegments of ${files[0]} and others ended with ${exitCode} and said ${complaint}`)
}
