/** Logs and snapshots that Apache Kafka 4.3.1 wrote: what they replay to, and that its snapshots and its log agree. */
import { readdirSync, readFileSync } from 'node:fs'
import { decodeMetadataRecord, forEachBatch, type MetadataRecord, openBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { bootstrapRecords, firstRecords } from './bootstrap.ts'
import { emptyImage, type MetadataImage, topicByName } from './image.ts'
import { MetadataLoader } from './loader.ts'
import { snapshotRecords } from './snapshot.ts'

const vectors = new URL('../test/vectors/', import.meta.url)

interface Batch {
  readonly baseOffset: number
  readonly endOffset: number
  readonly records: readonly MetadataRecord[]
}

function batchesOf(path: string): Batch[] {
  const bytes = readFileSync(new URL(path, vectors))
  const batches: Batch[] = []
  forEachBatch(bytes, 0, bytes.length, (position) => {
    const batch = openBatch(bytes, position)
    const values = batch.isControl ? [] : batch.records().map((record) => decodeMetadataRecord(record.value as Buffer))
    batches.push({ baseOffset: batch.baseOffset, endOffset: batch.lastOffset + 1, records: values })
  })
  return batches
}

function replay(batches: readonly Batch[], endOffset = Number.POSITIVE_INFINITY): MetadataImage {
  const loader = new MetadataLoader()
  for (const { baseOffset, endOffset: batchEnd, records } of batches) {
    if (baseOffset >= endOffset) break
    loader.load(records, baseOffset)
    loader.skipTo(batchEnd - 1)
  }
  return loader.image
}

/** Kafka writes the features of a registration in the order of a hash map. */
function withSortedFeatures<T extends { readonly features: readonly { readonly name: string }[] }>(registration: T): T {
  return { ...registration, features: registration.features.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}

/** Everything but the offset, in an order that does not depend on how it came about. */
function comparable(image: MetadataImage) {
  const sorted = <K, V>(map: ReadonlyMap<K, V>) => [...map].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return {
    features: sorted(image.features),
    brokers: sorted(image.brokers).map(([id, broker]) => [id, withSortedFeatures(broker)]),
    controllers: sorted(image.controllers).map(([id, controller]) => [id, withSortedFeatures(controller)]),
    topics: sorted(image.topics),
    topicIds: sorted(image.topicIds),
    configs: sorted(image.configs).map(([key, entries]) => [key, sorted(entries)]),
    nextProducerId: image.nextProducerId,
    acls: sorted(image.acls),
    scram: sorted(image.scram),
    quotas: sorted(image.quotas).map(([key, { limits }]) => [key, sorted(limits)]),
    tokens: sorted(image.tokens),
  }
}

const log = '00000000000000000000.log'
const snapshots = readdirSync(new URL('meta', vectors)).filter(
  (name) => name.endsWith('.checkpoint') && !name.startsWith('00000000000000000000'),
)

describe('a log of Apache Kafka', () => {
  it('replays to the topics, configs and brokers that were made', () => {
    const image = replay(batchesOf(`plain/${log}`))
    expect([...image.topicIds.keys()]).toEqual(['plain', 'logappend', 'edge'])
    // Stopped cleanly: every partition waits for broker 1 in its ELR.
    expect(topicByName(image, 'plain')?.partitions[2]).toMatchObject({
      leader: -1,
      isr: [],
      elr: [1],
      lastKnownElr: [1],
      leaderEpoch: 1,
    })
    expect(image.configs.get('2:plain')).toEqual(
      new Map([
        ['retention.ms', '-1'],
        ['index.interval.bytes', '1024'],
        ['internal.segment.bytes', '8192'],
      ]),
    )
    expect(image.brokers.get(1)).toMatchObject({ epoch: 11, isFenced: true, inControlledShutdown: true })
    expect(image.features.get('metadata.version')).toBe(30)
  })

  it('begins with the records that a new cluster of ours begins with', () => {
    const [, first] = batchesOf(`plain/${log}`)
    expect(first?.records.map(({ type, version, data }) => ({ type, version, data }))).toMatchObject(
      firstRecords(bootstrapRecords(), 1).map(({ type, version, data }) => ({ type, version, data })),
    )
    const bootstrap = batchesOf('plain/bootstrap.checkpoint').flatMap(({ records }) => records)
    expect(bootstrap).toMatchObject(bootstrapRecords())
  })

  it.each(snapshots)('and its snapshot %s say the same', (name) => {
    const endOffset = Number(name.slice(0, 20))
    const loader = new MetadataLoader()
    loader.loadSnapshot(
      batchesOf(`meta/${name}`).flatMap(({ records }) => records),
      endOffset,
    )
    expect(loader.image.offset).toBe(endOffset - 1)
    expect(comparable(loader.image)).toEqual(comparable(replay(batchesOf(`meta/${log}`), endOffset)))
  })

  it('has ACLs, SCRAM credentials, quotas and tokens, which survive our own snapshot too', () => {
    const image = replay(batchesOf(`meta/${log}`), 127)
    for (const part of [image.acls, image.scram, image.quotas, image.tokens, image.controllers])
      expect(part.size).toBeGreaterThan(0)
    const loader = new MetadataLoader()
    loader.loadSnapshot(snapshotRecords(image), 127)
    expect(comparable(loader.image)).toEqual(comparable(image))
  })
})

describe('MetadataLoader', () => {
  const topic = (name: string, topicId: string): MetadataRecord => ({
    type: 'TopicRecord',
    version: 0,
    data: { name, topicId },
  })
  const begin: MetadataRecord = { type: 'BeginTransactionRecord', version: 0, data: { name: 'x' } }
  const end: MetadataRecord = { type: 'EndTransactionRecord', version: 0, data: {} }
  const abort: MetadataRecord = { type: 'AbortTransactionRecord', version: 0, data: { reason: null } }

  it('shows a metadata transaction when it ends, all of it', () => {
    const loader = new MetadataLoader()
    loader.load([topic('a', 'a'), begin, topic('b', 'b')], 0)
    expect([...loader.image.topicIds.keys()]).toEqual(['a'])
    expect(loader.isInTransaction).toBe(true)
    const { delta } = loader.load([topic('c', 'c'), end], 3)
    expect([...loader.image.topicIds.keys()]).toEqual(['a', 'b', 'c'])
    expect([...delta.changedTopics]).toEqual(['b', 'c'])
  })

  it('shows nothing of one that is aborted', () => {
    const loader = new MetadataLoader()
    loader.load([begin, topic('b', 'b'), abort, topic('c', 'c')], 0)
    expect([...loader.image.topicIds.keys()]).toEqual(['c'])
    expect(loader.image.offset).toBe(3)
  })

  it('leaves earlier images as they were', () => {
    const loader = new MetadataLoader()
    const { image: before } = loader.load([topic('a', 'a')], 0)
    loader.load([topic('b', 'b'), { type: 'RemoveTopicRecord', version: 0, data: { topicId: 'a' } }], 1)
    expect([...before.topicIds.keys()]).toEqual(['a'])
    expect([...loader.image.topicIds.keys()]).toEqual(['b'])
    expect(emptyImage.topics.size).toBe(0)
  })
})
