/** All that can be seen of a log from outside, as plain data: two logs are the same when this is. */
import { isStorageError, type Log, type LogManager, type StorageError } from '@millrace/storage'
import { committedOffsets, parseBatches, readBytes } from './seen-batch.ts'

export interface Observation {
  readonly start: number
  readonly end: number
  readonly highWatermark: number
  readonly lastStable: number
  /** Everything that can be read; undefined when reading fails. */
  readonly bytes: Buffer | undefined
  /** What readers of committed data are given; undefined when what is read is no sequence of sound batches. */
  readonly committed: readonly number[] | undefined
  /** How reading failed. */
  readonly error: StorageError | undefined
  readonly producers: string
  readonly epochs: string
  /** Answers to searches by time. */
  readonly times: readonly string[]
}

/** Or why it cannot be opened. */
export type Observed = Observation | { readonly failed: Error }

/** `times`: what is searched for. */
export async function observe(
  manager: LogManager,
  topic: string,
  times: readonly number[],
): Promise<Observed | undefined> {
  const failed = manager.failedLogs.find((each) => each.topic === topic)
  if (failed !== undefined) return { failed: failed.error }
  const log = manager.get({ topic, partition: 0 })
  if (log === undefined) return undefined
  log.advanceHighWatermark(log.endOffset)
  const { logStartOffset: start, endOffset: end, highWatermark, lastStableOffset: lastStable } = log
  const producers = log
    .activeProducers()
    .sort((a, b) => a.producerId - b.producerId)
    .map(({ producerId, epoch, transactionStart, batches }) => {
      return [producerId, epoch, transactionStart, batches.at(-1)?.lastSequence, batches.at(-1)?.lastOffset]
    })
  return {
    ...{ start, end, highWatermark, lastStable },
    ...(await readingOf(log)),
    producers: JSON.stringify(producers),
    epochs: JSON.stringify(log.leaderEpochs),
    times: await searchesOf(log, times),
  }
}

async function readingOf(log: Log): Promise<Pick<Observation, 'bytes' | 'committed' | 'error'>> {
  try {
    const { bytes, aborted } = await readBytes(log)
    return { bytes, committed: committedOf(bytes, aborted), error: undefined }
  } catch (error) {
    if (isStorageError(error, 'damaged')) return { bytes: undefined, committed: undefined, error }
    throw error
  }
}

function committedOf(bytes: Buffer, aborted: Parameters<typeof committedOffsets>[1]): readonly number[] | undefined {
  try {
    return committedOffsets(parseBatches(bytes), aborted)
  } catch (error) {
    if ((error as Error).name === 'RecordsError') return undefined
    throw error
  }
}

async function searchesOf(log: Log, times: readonly number[]): Promise<string[]> {
  const answers: string[] = []
  const ask = async (search: () => Promise<unknown>) => {
    try {
      answers.push(JSON.stringify((await search()) ?? null))
    } catch (error) {
      // Both are told to the client: nothing wrong is served.
      if (!isStorageError(error, 'damaged') && (error as Error).name !== 'RecordsError') throw error
      answers.push(`failed: ${(error as Error).message}`)
    }
  }
  for (const time of times) await ask(() => log.offsetForTimestamp(time))
  await ask(() => log.offsetOfMaxTimestamp())
  return answers
}
