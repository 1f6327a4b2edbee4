/** One compacted topic, written by us, and cleaned by one broker or the other. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, randomBelow } from '@millrace/base'
import { type BrokerProcess, until } from '@millrace/peers'
import { NodeFileSystem } from '@millrace/storage'
import { readKeptBatches } from '@millrace/storage/testing'
import { Millrace, valuesOf } from 'millrace'

const topic = 'both'
const partitionCount = 2
const cleanLimitMs = 60_000
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'] as const

/** Writes the topic, many times over each key, in every codec, with tombstones; the broker has stopped afterwards. */
export async function writeDirty(broker: BrokerProcess, random: Random): Promise<void> {
  await broker.start()
  const millrace = new Millrace({ brokers: broker.address })
  const configs = { 'cleanup.policy': 'compact' }
  valuesOf(await millrace.admin.createTopics([{ name: topic, partitions: partitionCount, configs }]))
  for (let lap = 0; lap < 10; lap++) {
    const compression = codecs[lap % (codecs.length + 1)]
    const producer = compression === undefined ? millrace.producer() : millrace.producer({ compression })
    for (let index = 0; index < 800; index++) {
      const key = `key ${randomBelow(random, 250)}`
      const value = randomBelow(random, 15) === 0 ? null : random.bytes(1000)
      await producer.ready()
      producer.enqueue(topic, { key, value, partition: index % partitionCount })
    }
    await producer.close()
  }
  await millrace.close()
  await broker.stop()
}

/** Starts the broker until it has cleaned every partition. */
export async function cleanOnce(broker: BrokerProcess): Promise<void> {
  await broker.start()
  const checkpoint = join(broker.dataDirectory, 'cleaner-offset-checkpoint')
  const isClean = async () => {
    const text = existsSync(checkpoint) ? readFileSync(checkpoint, 'utf8') : ''
    return Array.from({ length: partitionCount }).every((_, partition) => text.includes(`${topic} ${partition} `))
  }
  await until(isClean, cleanLimitMs, () => `${broker.describe()} did not clean`)
  await broker.stop()
}

/** What is left: partition, offset, key and value of each record. */
export async function keptRecords(dataDirectory: string): Promise<string[]> {
  const kept: string[] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    for (const { records } of await readKeptBatches(
      new NodeFileSystem(),
      join(dataDirectory, `${topic}-${partition}`),
    )) {
      for (const { offset, key, value } of records) kept.push(`${partition} ${offset} ${key} ${value}`)
    }
  }
  return kept
}
