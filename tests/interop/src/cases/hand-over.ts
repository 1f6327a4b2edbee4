/**
 * The hand-over: a stopped directory is opened by Apache Kafka, which finds topics, records and groups as they were; and when it
 * has written too and stopped, the first broker opens the directory again.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrokerProcess, freePort, type KafkaJars, kafkaBroker, until } from '@millrace/peers'
import type { CaseRunner } from '../case-runner.ts'
import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/index.ts'
import { ClusterView } from '../cluster-view.ts'
import { Delivery } from '../delivery.ts'
import { feed, Gate } from '../feed.ts'
import type { Written } from '../history.ts'
import { type ClientName, type Codec, clientNames, codecs } from '../plan.ts'
import type { PackageRecord } from '../record-set.ts'
import { RecordSet } from '../record-set.ts'
import type { JavaTools } from '../tools/java-tools.ts'
import { partitionCount } from '../transfer.ts'

const caseLimitMs = 180_000
const readLimitMs = 60_000
const produceLimitMs = 60_000
const loadLimitMs = 20_000
const stopLimitMs = 20_000
const width = 2
const topicCommand = 'org.apache.kafka.tools.TopicCommand'
const groupCommand = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'

export interface HandOver {
  readonly jars: KafkaJars
  readonly tools: JavaTools
  readonly clients: Clients
  /** The broker whose directory it is; it runs. */
  readonly broker: BrokerProcess
  readonly written: readonly Written[]
  /** Where server.properties may be written. */
  readonly directory: string
  /** The server.properties for these ports. */
  readonly configure: (port: number, controllerPort: number) => Promise<string>
}

/** What the broker says of itself before it stops. */
export interface Snapshot {
  readonly topics: string
  readonly groups: string
}

export async function takeSnapshot(tools: JavaTools, address: string): Promise<Snapshot> {
  const at = ['--bootstrap-server', address]
  return {
    topics: describedTopics(await tools.succeed(topicCommand, [...at, '--describe', '--exclude-internal'])),
    groups: sortedLines(await tools.succeed(groupCommand, [...at, '--list'])),
  }
}

/** What is described, without the settings that the broker's own configuration gives to every topic. */
function describedTopics(output: string): string {
  return sortedLines(output.replaceAll(/Configs: .*$/gm, ''))
}

function sortedLines(output: string): string {
  return output.trim().split('\n').toSorted().join('\n')
}

/** Runs the cases on the directory of a broker that has stopped. */
export async function runHandOver(runner: CaseRunner, handOver: HandOver, before: Snapshot): Promise<void> {
  const { jars, tools, broker, written, directory, configure } = handOver
  const port = await freePort()
  const properties = join(directory, 'server.properties')
  const kafka = kafkaBroker(jars, { port, dataDirectory: broker.dataDirectory, properties })
  const view = new ClusterView(port)
  try {
    const isOpen = await runner.run({
      name: 'hand-over: Apache Kafka 4.3.1 opens the directory',
      limitMs: caseLimitMs,
      async run() {
        writeFileSync(properties, await configure(port, await freePort()))
        return `answers after ${Math.round(await kafka.start())} ms`
      },
    })
    if (!isOpen) return
    await runner.runAll(
      [
        {
          name: 'hand-over: topics and groups are the same',
          limitMs: caseLimitMs,
          async run() {
            let after = before
            // It lists no group whose partition of __consumer_offsets it still reads.
            const isLoaded = async () => {
              after = await takeSnapshot(tools, kafka.address)
              return after.groups === before.groups
            }
            await until(isLoaded, loadLimitMs, () => differenceOf('groups', before.groups, after.groups))
            if (after.topics !== before.topics) throw new Error(differenceOf('topics', before.topics, after.topics))
            return `${after.groups.split('\n').length} groups`
          },
        },
        {
          name: 'hand-over: every group finds what it committed',
          limitMs: caseLimitMs,
          async run() {
            for (const each of written) await checkOffsets(view, each)
            return `${written.length} groups`
          },
        },
      ],
      1,
    )
    await runner.runAll(
      oneOfEachCodec(written).map((each) => ({
        name: `hand-over: ${each.topic} reads back from Apache Kafka`,
        limitMs: caseLimitMs,
        run: () => readBack(handOver.clients.kcat, kafka.address, each, each.set, 'after'),
      })),
      width,
    )
    await runner.run({
      name: 'hand-over: and back, with what Apache Kafka wrote',
      limitMs: caseLimitMs,
      async run() {
        const grown = await produceMore(handOver.clients.kcat, kafka.address, written[0]!)
        await kafka.stop()
        await broker.start()
        await readBack(handOver.clients.kcat, broker.address, written[0]!, grown, 'back')
        await broker.stop()
        return `${grown.count} records`
      },
    })
  } finally {
    await view.close()
    await kafka.discard()
  }
}

async function checkOffsets(view: ClusterView, { topic, group, endOffsets }: Written): Promise<void> {
  const expected = endOffsets.join(' ')
  const found = {
    ends: (await view.endOffsets(topic, partitionCount)).join(' '),
    committed: (await view.committedOffsets(group, topic, partitionCount)).join(' '),
  }
  if (found.ends !== expected) throw new Error(`${topic} ended at ${expected} and ends at ${found.ends} now`)
  if (found.committed !== expected) throw new Error(`${group} committed ${expected} and has ${found.committed} now`)
}

/** The first topic of each producer and of each codec. */
function oneOfEachCodec(written: readonly Written[]): Written[] {
  const of = (part: ClientName | Codec, place: number) => written.find(({ topic }) => topic.split('-')[place] === part)
  const found = [...clientNames.map((name) => of(name, 0)), ...codecs.map((codec) => of(codec, 1))]
  return [...new Set(found.filter((each) => each !== undefined))]
}

/** Reads a topic from its start in a new group and judges it as on the day it was written. */
async function readBack(
  client: Client,
  address: string,
  { topic }: Written,
  set: RecordSet,
  groupPrefix: string,
): Promise<string> {
  const delivery = new Delivery(set, partitionCount)
  const onRecord = delivery.accept.bind(delivery, 0)
  const member = client.startMember({ address, topic, group: `${groupPrefix}-${topic}`, member: 0, onRecord })
  try {
    const isComplete = () => {
      if (member.outputError !== undefined) throw member.outputError
      if (member.exit !== undefined) throw new Error(`Ended before its time: ${member.describe()}`)
      return delivery.isComplete
    }
    await until(
      isComplete,
      readLimitMs,
      () => `${delivery.count} of ${set.count} records of ${topic}, by ${member.describe()}`,
    )
    await member.stop(stopLimitMs)
  } finally {
    if (member.exit === undefined) await member.kill()
  }
  const problems = delivery.problems({ redelivery: false, memberCount: 1 })
  if (problems.length > 0) throw new Error(`${topic}: ${problems.join('\n')}`)
  return `${set.count} records`
}

/** Writes the first thousand records of the set once more, under other keys; all that the topic holds then. */
async function produceMore(client: Client, address: string, { topic, set }: Written): Promise<RecordSet> {
  const more: PackageRecord[] = set.records.slice(0, 1000).map((each) => ({ ...each, key: `${each.key}/again` }))
  const child = client.startProducer({ address, topic, codec: 'gzip' })
  const fed = feed(child, more, client.encode, new Gate())
  await child.succeeds(produceLimitMs)
  await fed
  return new RecordSet([...set.records, ...more])
}

function differenceOf(what: string, before: string, after: string): string {
  const [left, right] = [before.split('\n'), after.split('\n')]
  const lost = left.filter((line) => !right.includes(line)).slice(0, 5)
  const gained = right.filter((line) => !left.includes(line)).slice(0, 5)
  return `The ${what} are not the same.\nBefore: ${lost.join('\n')}\nNow: ${gained.join('\n')}`
}
