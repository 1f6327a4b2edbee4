/** The last round of Apache Kafka's own cleaner, done again: what it had is in `.deleted` files, what it made in the others. */
import { describe, expect, it } from 'vitest'
import { readKeptBatches } from '../src/cleaner/kept-records.ts'
import { activeProducers } from '../src/cleaner/verdict.ts'
import { logFileName, parseLogFileName } from '../src/file-names.ts'
import { readProducerSnapshot } from '../src/producer-snapshot.ts'
import { cleanDirectory } from './clean-directory.ts'
import { diskWith, kafkaFiles } from './kafka-case.ts'

interface Round {
  readonly topic: string
  /** Base offsets of the segments that it read, and where the first new one started. */
  readonly bases: readonly number[]
  readonly firstDirtyOffset: number
  /** The segment after them. */
  readonly activeOffset: number
  readonly deleteRetentionMs: number
  /** Of its output, less the retention: when it ran. */
  readonly horizonMs: number
  /** The producers at that time, as a snapshot or by what is known. */
  readonly snapshotOffset: number
}

const dayMs = 86_400_000
const rounds: Round[] = [
  {
    topic: 'cmp-keep-tombstones',
    bases: [0, 192, 240, 288],
    firstDirtyOffset: 288,
    activeOffset: 332,
    deleteRetentionMs: dayMs,
    horizonMs: 1_795_333_800_075,
    snapshotOffset: 340,
  },
  {
    topic: 'cmp-drop-tombstones',
    bases: [0, 192, 240, 288],
    firstDirtyOffset: 288,
    activeOffset: 332,
    deleteRetentionMs: 100,
    horizonMs: 1_795_247_400_233,
    snapshotOffset: 340,
  },
  {
    topic: 'cmp-gzip',
    bases: [0, 180, 240],
    firstDirtyOffset: 240,
    activeOffset: 300,
    deleteRetentionMs: dayMs,
    horizonMs: 1_795_333_800_177,
    snapshotOffset: 340,
  },
  {
    topic: 'cmp-txn',
    bases: [0, 44, 88],
    firstDirtyOffset: 88,
    activeOffset: 134,
    deleteRetentionMs: 100,
    horizonMs: 1_795_247_400_346,
    snapshotOffset: 171,
  },
]

const files = kafkaFiles('compact')

/** The directory as it was before the round. */
function before({ topic, bases, activeOffset }: Round): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const [path, bytes] of files) {
    const [directory, name = ''] = path.split('/')
    const parsed = directory === `${topic}-0` ? parseLogFileName(name) : undefined
    if (parsed === undefined) continue
    const isInput = parsed.suffix === '.deleted' && bases.includes(parsed.offset)
    if (!isInput && parsed.offset !== activeOffset) continue
    found.set(`${directory}/${logFileName(parsed.offset, parsed.kind)}`, bytes)
  }
  return found
}

function file(topic: string, offset: number, kind: 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot') {
  return files.get(`${topic}-0/${logFileName(offset, kind)}`)
}

describe('a round of the cleaner', () => {
  it.each(rounds.map((round) => [round.topic, round] as const))(
    'leaves of %s what Apache Kafka did',
    async (_, round) => {
      const { topic, firstDirtyOffset, activeOffset, deleteRetentionMs, horizonMs, snapshotOffset } = round
      const fileSystem = diskWith(before(round))
      const producers = readProducerSnapshot(file(topic, snapshotOffset, 'snapshot') as Buffer) ?? []
      const output = await cleanDirectory(fileSystem, `/data/${topic}-0`, {
        firstDirtyOffset,
        nowMs: horizonMs - deleteRetentionMs,
        deleteRetentionMs,
        segmentBytes: 4096,
        indexIntervalBytes: 256,
        activeProducers: activeProducers(producers),
      })
      expect(output.firstDirtyOffset).toBe(activeOffset)
      expect(output.nextDeleteHorizonMs).toBeGreaterThanOrEqual(horizonMs - deleteRetentionMs)
      const made = await readKeptBatches(fileSystem, `/data/${topic}-0`)
      const expected = await readKeptBatches(diskWith(files), `/data/${topic}-0`)
      // Compressed bytes depend on the library.
      const comparable = (batch: (typeof made)[number]) =>
        batch.codec === 0 ? batch : { ...batch, bytes: undefined, position: undefined }
      expect(made.map(comparable)).toEqual(expected.map(comparable))
      for (const { baseOffset } of output.groups) {
        for (const kind of ['log', 'index', 'timeindex'] as const) {
          if (topic === 'cmp-gzip' && kind !== 'timeindex') continue
          const bytes = await fileSystem.readFile(`/data/${topic}-0/${logFileName(baseOffset, kind)}`, 1 << 20)
          expect(bytes.toString('hex'), `${baseOffset}.${kind}`).toBe(file(topic, baseOffset, kind)?.toString('hex'))
        }
        expect(await fileSystem.stat(`/data/${topic}-0/${logFileName(baseOffset, 'txnindex')}`)).toBe(undefined)
      }
    },
  )
})
