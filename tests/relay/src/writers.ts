/** Who writes: our producer in every codec, kafkajs, and, where there are transactions, kafkajs in them. */
import { type Random, randomBelow } from '@millrace/base'
import { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { type Millrace, valuesOf } from 'millrace'
import type { Ledger, TopicKind } from './ledger.ts'

const partitionCount = 2
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const keyCount = 200

/** Makes all topics, and puts them in the ledger. */
export async function createTopics({ admin }: Millrace, ledger: Ledger): Promise<void> {
  const names = [...codecs.map((codec) => `plain-${codec}`), 'kafkajs', 'transactions', 'state', 'aging', 'cut']
  const kinds: Readonly<Record<string, TopicKind>> = { state: 'compacted', aging: 'aging' }
  const kindOf = (name: string) => kinds[name] ?? 'kept'
  const results = await admin.createTopics(
    names.map((name) => ({
      name,
      partitions: partitionCount,
      configs: {
        'retention.ms': '-1',
        ...(name === 'state' ? { 'cleanup.policy': 'compact' } : {}),
        ...(name === 'aging' ? { 'retention.bytes': '1500000' } : {}),
      },
    })),
  )
  valuesOf(results)
  for (const name of names) ledger.addTopic(name, partitionCount, kindOf(name))
}

const textOf = (random: Random, label: string, size: number) =>
  `${label} ${random.bytes(Math.max(8, size >> 1)).toString('hex')}`

/** A lap of writes by our own producers, idempotent: one topic for each codec, and the compacted one, with tombstones. */
export async function writeOurs(millrace: Millrace, ledger: Ledger, random: Random, label: string): Promise<void> {
  for (const codec of codecs) {
    const producer = codec === 'none' ? millrace.producer() : millrace.producer({ compression: codec })
    const topic = `plain-${codec}`
    const sent = Array.from({ length: 400 }, (_, index) => {
      const [key, value] = [`${label}-${index}`, textOf(random, label, 1000)]
      return producer.send(topic, { key, value }).then(({ partition, offset }) => {
        ledger.acknowledged(topic, partition, { offset, key, value, isAborted: false })
      })
    })
    await Promise.all(sent)
    await producer.close()
  }
  const producer = millrace.producer()
  const sent = Array.from({ length: 1500 }, () => {
    const key = `key ${randomBelow(random, keyCount)}`
    const value = randomBelow(random, 12) === 0 ? null : textOf(random, label, 1000)
    return producer.send('state', { key, value }).then(({ partition, offset }) => {
      ledger.acknowledged('state', partition, { offset, key, value, isAborted: false })
    })
  })
  for (let index = 0; index < 1500; index++) {
    const [key, value] = [`${label}-${index}`, textOf(random, label, 1000)]
    const placed = producer.send('aging', { key, value }).then(({ partition, offset }) => {
      ledger.acknowledged('aging', partition, { offset, key, value, isAborted: false })
    })
    sent.push(placed)
  }
  await Promise.all(sent)
  await producer.close()
}

/** Moves the start of the topic `cut` up, after writing to it. */
export async function writeAndCut(millrace: Millrace, ledger: Ledger, label: string): Promise<void> {
  const producer = millrace.producer()
  for (let index = 0; index < 50; index++) {
    const [key, value] = [`${label}-${index}`, label]
    const { partition, offset } = await producer.send('cut', { key, value })
    ledger.acknowledged('cut', partition, { offset, key, value, isAborted: false })
  }
  await producer.close()
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic: 'cut', partition }))
  const ends = valuesOf(await millrace.admin.listOffsets(partitions.map((each) => ({ ...each, at: 'latest' }))))
  const targets = partitions.map((each) => {
    return { ...each, before: Math.max(0, (ends.get(`cut-${each.partition}`)?.offset ?? 0) - 10) }
  })
  for (const [key, { logStartOffset }] of valuesOf(await millrace.admin.deleteRecords(targets))) {
    ledger.deletedBefore('cut', Number(key.slice('cut-'.length)), logStartOffset)
  }
}

/** kafkajs, without numbers and in gzip; where there are transactions, one that is committed and one that is aborted as well. */
export async function writeKafkajs(
  address: string,
  ledger: Ledger,
  label: string,
  hasTransactions: boolean,
): Promise<void> {
  const kafka = new Kafka({ brokers: [address], clientId: 'relay', logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  for (let partition = 0; partition < partitionCount; partition++) {
    const messages = Array.from({ length: 100 }, (_, index) => ({ key: `${label}-${index}`, value: label, partition }))
    const [answer] = await producer.send({ topic: 'kafkajs', messages, compression: CompressionTypes.GZIP })
    note(ledger, 'kafkajs', partition, answer?.baseOffset, messages, false)
  }
  await producer.disconnect()
  if (!hasTransactions) return
  const transactional = kafka.producer({ transactionalId: `relay-${label}`, maxInFlightRequests: 1, idempotent: true })
  await transactional.connect()
  for (const isAborted of [false, true, false]) {
    const transaction = await transactional.transaction()
    for (let partition = 0; partition < partitionCount; partition++) {
      const kind = isAborted ? 'aborted' : 'committed'
      const messages = Array.from({ length: 20 }, (_, index) => {
        return { key: `${label}-${kind}-${index}`, value: label, partition }
      })
      const [answer] = await transaction.send({ topic: 'transactions', messages })
      note(ledger, 'transactions', partition, answer?.baseOffset, messages, isAborted)
    }
    if (isAborted) await transaction.abort()
    else await transaction.commit()
  }
  await transactional.disconnect()
}

function note(
  ledger: Ledger,
  topic: string,
  partition: number,
  baseOffset: string | undefined,
  messages: readonly { readonly key: string; readonly value: string }[],
  isAborted: boolean,
): void {
  for (const [index, { key, value }] of messages.entries()) {
    ledger.acknowledged(topic, partition, { offset: Number(baseOffset) + index, key, value, isAborted })
  }
}
