import { describe, expect, it } from 'vitest'
import type { FileSystem } from '../src/fs/port.ts'
import { type DumpEntry, dump, type FoundBatch, type FoundRecord, verify } from '../src/inspect.ts'
import { diskWith } from './kafka-case.ts'
import { type InspectedPartition, type InspectedSegment, type KafkaNode, kafkaNodes } from './kafka-nodes.ts'

const nodes = kafkaNodes()

async function dumped(fileSystem: FileSystem, path: string): Promise<DumpEntry[]> {
  const entries: DumpEntry[] = []
  for await (const entry of dump(fileSystem, path, { records: true })) entries.push(entry)
  return entries
}

function batchFields(batch: FoundBatch): Record<string, unknown> {
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    count: batch.recordCount,
    codec: batch.codec,
    producerId: batch.producerId,
    epoch: batch.producerEpoch,
    seq: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    position: batch.position,
    size: batch.size,
    leaderEpoch: batch.partitionLeaderEpoch,
    maxTimestamp: batch.maxTimestamp,
    timestampType: batch.timestampType,
    crc: batch.crc,
    crcValid: batch.isCrcValid,
    deleteHorizonMs: batch.hasDeleteHorizon ? batch.baseTimestamp : undefined,
  }
}

/** Whether `actual` has every field of `expected`; Kafka's JSON has bytes in base64 and leaves out tagged fields at their default. */
function holds(actual: unknown, expected: unknown): boolean {
  if (expected === null || typeof expected !== 'object') return actual === expected || isSameBytes(actual, expected)
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) && actual.length === expected.length && expected.every((each, i) => holds(actual[i], each))
    )
  }
  return Object.entries(expected).every(([name, value]) => holds((actual as Record<string, unknown>)?.[name], value))
}

function isSameBytes(actual: unknown, expected: unknown): boolean {
  // A 64-bit hash beyond 2^53, which JSON has rounded.
  if (typeof expected === 'number' && typeof actual === 'string') return Number(actual) === expected
  if (typeof actual !== 'string' || typeof expected !== 'string') return false
  // Credentials: that they are not shown has a test of its own.
  if (actual === '(hidden)') return true
  const bytes = actual.startsWith('0x') ? Buffer.from(actual.slice(2), 'hex') : Buffer.from(actual)
  return bytes.toString('base64') === expected
}

/** `GROUP_METADATA` and `BEGIN_TRANSACTION_RECORD` as the dump names them. */
function typeName(upper: string): string {
  return upper
    .toLowerCase()
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
    .replace('Kraft', 'KRaft')
}

function checkRecord(record: FoundRecord, expected: unknown): void {
  if (Array.isArray(expected)) {
    const [offset, timestamp, key, valueSize, sequence] = expected
    expect([record.offset, record.timestamp, record.valueSize]).toEqual([offset, timestamp, valueSize])
    if (typeof key === 'string' && !key.startsWith('hex:')) expect(record.key).toBe(key)
    if (sequence !== undefined && record.sequence !== undefined) expect(record.sequence).toBe(sequence)
    return
  }
  const fields = expected as Record<string, unknown>
  expect(record.problem).toBeUndefined()
  expect([record.offset, record.timestamp]).toEqual([fields.offset, fields.timestamp])
  if (typeof fields.control === 'string') {
    expect(record.decoded?.type).toBe(typeName(fields.control))
    expect(holds(record.decoded?.fields, fields.data ?? { coordinatorEpoch: fields.coordinatorEpoch })).toBe(true)
  } else if (typeof fields.type === 'string') {
    expect([record.decoded?.type.toLowerCase(), record.decoded?.version]).toEqual([
      typeName(fields.type).toLowerCase(),
      fields.version,
    ])
    expect([holds(record.decoded?.fields, fields.data), record]).toEqual([true, record])
  } else if (fields.key !== undefined) {
    expect(record.decoded?.version ?? null).toEqual(fields.valueVersion ?? null)
    expect([holds(record.decoded?.fields, { key: fields.key, value: fields.value ?? null }), record]).toEqual([
      true,
      record,
    ])
    if (typeof fields.keyType === 'string') expect(record.decoded?.type).toBe(typeName(fields.keyType))
  }
}

function checkBatches(entries: readonly DumpEntry[], { batches, records }: InspectedSegment): void {
  const found = entries.filter((entry) => entry.kind === 'batch')
  const byOffset = new Map(found.map((batch) => [`${batch.baseOffset} ${batch.position}`, batch]))
  let count = 0
  for (const expected of batches) {
    if (!('baseOffset' in expected)) continue
    const batch = byOffset.get(`${expected.baseOffset} ${expected.position}`)
    expect(batch && batchFields(batch)).toMatchObject(expected)
    count++
  }
  const isComplete = batches.every((each) => 'baseOffset' in each)
  if (isComplete) expect(found).toHaveLength(count)
  const shown = entries.filter((entry) => entry.kind === 'record')
  const byRecordOffset = new Map(shown.map((record) => [record.offset, record]))
  for (const expected of records ?? []) {
    const offset = Array.isArray(expected) ? expected[0] : (expected as { offset: number }).offset
    const record = byRecordOffset.get(offset)
    expect(record).toBeDefined()
    checkRecord(record as FoundRecord, expected)
  }
  if (isComplete && records !== undefined) expect(shown).toHaveLength(records.length)
}

async function checkIndexes(fileSystem: FileSystem, path: string, segment: InspectedSegment): Promise<void> {
  const entriesOf = async (kind: string) => {
    if ((await fileSystem.stat(`${path}.${kind}`)) === undefined) return []
    return (await dumped(fileSystem, `${path}.${kind}`)).filter((entry) => entry.kind === 'index-entry')
  }
  const offsets = (await entriesOf('index')).map(
    (entry) => entry.index === 'offset' && [entry.offset, entry.filePosition],
  )
  const times = (await entriesOf('timeindex')).map((entry) => entry.index === 'time' && [entry.timestamp, entry.offset])
  if (segment.offsetIndex !== undefined) expect(offsets).toEqual(segment.offsetIndex)
  if (segment.timeIndex !== undefined) expect(times).toEqual(segment.timeIndex)
  const transactions = (await entriesOf('txnindex')).map((entry) => {
    const { producerId, firstOffset, lastOffset, lastStableOffset } = entry as unknown as Record<string, unknown>
    return { version: 0, producerId, firstOffset, lastOffset, lastStableOffset }
  })
  if (segment.txnIndex !== undefined) expect(transactions).toEqual(segment.txnIndex)
}

async function checkSnapshots(fileSystem: FileSystem, directory: string, partition: InspectedPartition): Promise<void> {
  for (const [name, { entries }] of Object.entries(partition.producerSnapshots ?? {})) {
    const found = (await dumped(fileSystem, `${directory}/${name}`)).filter((entry) => entry.kind === 'fields')
    expect(found.map(({ fields }) => fields.producerId)).toEqual(entries.map(({ producerId }) => producerId))
    for (const [place, expected] of entries.entries()) {
      expect(found[place]?.fields).toMatchObject({
        epoch: expected.producerEpoch,
        coordinatorEpoch: expected.coordinatorEpoch,
        timestamp: expected.lastTimestamp,
        currentTxnFirstOffset: expected.currentTxnFirstOffset,
      })
    }
  }
  for (const [name, expected] of Object.entries(partition.metadataSnapshots ?? {})) {
    checkBatches(await dumped(fileSystem, `${directory}/${name}`), expected)
  }
}

/** Indexes that are damaged on purpose: what Kafka's classes read there are no entries. */
const damagedIndexes = new Set(['bad-corrupt-index'])

describe('a dump of a directory of Apache Kafka', () => {
  it.each(nodes.map((node) => [node.name, node] as const))('has what Kafka reads in it: %s', async (_, node) => {
    const fileSystem = diskWith(node.files())
    for (const [directory, partition] of Object.entries(node.partitions)) {
      for (const [base, segment] of Object.entries(partition.segments)) {
        const path = `/data/${directory}/${base}`
        checkBatches(await dumped(fileSystem, `${path}.log`), segment)
        if (!damagedIndexes.has(node.kafkaCase)) await checkIndexes(fileSystem, path, segment)
      }
      await checkSnapshots(fileSystem, `/data/${directory}`, partition)
    }
    const bootstrap = node.topLevelFiles['bootstrap.checkpoint']
    if (typeof bootstrap === 'object') {
      checkBatches(await dumped(fileSystem, '/data/bootstrap.checkpoint'), bootstrap as InspectedSegment)
    }
  })

  it('as a whole leaves nothing unread', async () => {
    for (const node of nodes.filter(({ name }) => !name.startsWith('bad-'))) {
      // Files that compaction is about to remove are no longer one log.
      const kept = new Map([...node.files()].filter(([path]) => !path.endsWith('.deleted')))
      const problems = (await dumped(diskWith(kept), '/data')).filter(
        (entry) =>
          entry.kind === 'problem' || entry.kind === 'gap' || ('problem' in entry && entry.problem !== undefined),
      )
      expect(problems, node.name).toEqual([])
    }
  })
})

/** What verifying finds in the cases that are not in order, by the end of the path; every other case must be sound. */
const expectedFindings: Readonly<
  Record<string, readonly [severity: string, path: string, what: RegExp, repair: string | undefined][]>
> = {
  'bad-bitflip': [
    ['error', 'plain-0/00000000000000000180.log', /^the batch at offset 196: CRC .* everything below 200/, 'cut'],
  ],
  'bad-bitflip-clean': [
    ['error', 'plain-0/00000000000000000180.log', /^the batch at offset 196: CRC .* everything below 200/, 'cut'],
  ],
  'bad-truncated': [
    ['error', 'plain-0/00000000000000000180.log', /a batch of 559 bytes, with 279 left .* below 200/, 'cut'],
  ],
  'bad-truncated-clean': [
    ['error', 'plain-0/00000000000000000180.log', /a batch of 559 bytes, with 279 left .* below 200/, 'cut'],
  ],
  'bad-garbage-tail': [
    ['warning', 'plain-0/00000000000000000180.log', /record format -101 is not known/, 'cut'],
    ['warning', 'plain-1/00000000000000000180.log', /100 bytes of zeros up to the end/, 'cut'],
    ['error', 'plain-2/00000000000000000180.log', /offset 180 where 200 or more must follow/, 'cut'],
  ],
  'bad-corrupt-index': [
    ['error', 'plain-0/00000000000000000000.index', /neither rising entries nor zeros/, 'rebuild-indexes'],
    ['error', 'plain-0/00000000000000000060.index', /neither rising entries nor zeros/, 'rebuild-indexes'],
    ['error', 'plain-0/00000000000000000120.timeindex', /neither rising entries nor zeros/, 'rebuild-indexes'],
  ],
  'bad-missing-index': [
    ...['000.index', '000.timeindex', '180.index', '180.timeindex'].map(
      (end) => ['warning', `plain-0/00000000000000000${end}`, /it is missing/, 'rebuild-indexes'] as const,
    ),
    ['warning', 'plain-2/leader-epoch-checkpoint', /it is missing/, undefined],
  ].map(
    ([severity, path, what, repair]) => [severity, path, what, repair] as [string, string, RegExp, string | undefined],
  ),
  // The last segment's may be missing after a crash.
  'bad-no-checkpoints': ['000', '060', '120'].flatMap((base) =>
    ['index', 'timeindex'].map((kind) => {
      return ['warning', `plain-0/00000000000000000${base}.${kind}`, /it is missing/, 'rebuild-indexes'] as [
        string,
        string,
        RegExp,
        string,
      ]
    }),
  ),
  'txn-unclean': [
    ['error', 'txn-0/00000000000000000012.txnindex', /producer 2 aborted at offset 13/, 'rebuild-transaction-index'],
    ['error', 'txn-0/00000000000000000054.txnindex', /producer 1 aborted at offset 55/, 'rebuild-transaction-index'],
  ],
}

async function findingsOf(node: KafkaNode) {
  const { findings } = await verify(diskWith(node.files()), ['/data'])
  return findings.filter(({ severity }) => severity !== 'note')
}

describe('verifying a directory of Apache Kafka', () => {
  it.each(nodes.map((node) => [node.name, node] as const))(
    'finds what is wrong with it, and no more: %s',
    async (_, node) => {
      const findings = await findingsOf(node)
      const expected = expectedFindings[node.kafkaCase] ?? []
      expect(findings.map(({ severity, path, remedy }) => [severity, path, remedy?.kind])).toEqual(
        expected.map(([severity, path, , repair]) => [severity, `/data/${path}`, repair]),
      )
      for (const [place, [, , what]] of expected.entries()) expect(findings[place]?.what).toMatch(what)
    },
  )

  it('counts what it checked', async () => {
    const node = nodes.find(({ name }) => name === 'plain') as KafkaNode
    const { partitionCount, segmentCount, batchCount, size } = await verify(diskWith(node.files()), ['/data'])
    const segments = Object.values(node.partitions).flatMap(({ segments: some }) => Object.values(some))
    expect({ partitionCount, segmentCount, batchCount, size }).toEqual({
      partitionCount: Object.keys(node.partitions).length,
      segmentCount: segments.length,
      batchCount: segments.reduce((sum, { batches }) => sum + batches.length, 0),
      size: segments.reduce((sum, each) => sum + each.size, 0),
    })
  })

  it('changes nothing', async () => {
    for (const node of nodes.filter(({ name }) => name.startsWith('bad-') || name === 'compact')) {
      const files = node.files()
      const fileSystem = diskWith(files)
      await verify(fileSystem, ['/data'])
      for (const [path, bytes] of files) {
        expect((await fileSystem.readFile(`/data/${path}`, 1 << 28)).equals(bytes), path).toBe(true)
      }
      expect((await fileSystem.list('/data')).map(({ name }) => name)).not.toContain('.lock')
    }
  })
})
