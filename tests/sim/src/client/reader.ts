/** Fetches some partitions once, and writes down what came back. */
import { decodeResponse, ErrorCode, Fetch, RecordsError } from '@millrace/protocol'
import type { History } from '../history.ts'
import type { RawConnection } from './connection.ts'
import { readRecords } from './record.ts'

export interface FetchPlan {
  readonly topic: string
  /** For versions from 13 on. */
  readonly topicId: string
  readonly version: number
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
}

/** What one partition answered. */
export interface FetchOutcome {
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Where to go on. */
  readonly nextOffset: number
}

/** @param positions where to read, by partition. Throws ConnectionLost. */
export async function fetchOnce(
  connection: RawConnection,
  history: History,
  plan: FetchPlan,
  positions: ReadonlyMap<number, number>,
): Promise<FetchOutcome[]> {
  const operations = new Map([...positions.keys()].map((partition) => [partition, history.next()]))
  for (const [partition, offset] of positions) {
    history.add({ type: 'fetch', operation: operations.get(partition) as number, partition, offset })
  }
  const frame = await connection.exchange(Fetch, plan.version, requestBody(plan, positions))
  const { body } = decodeResponse(Fetch, plan.version, frame)
  const answers = body.responses.flatMap(({ partitions }) => partitions)
  const filledCount = answers.filter(({ records }) => (records?.length ?? 0) > 0).length
  const outcomes: FetchOutcome[] = []
  for (const answer of answers) {
    const operation = operations.get(answer.partitionIndex)
    const offset = positions.get(answer.partitionIndex)
    if (operation === undefined || offset === undefined) {
      throw new Error(`A fetch was answered with partition ${answer.partitionIndex}, which it does not ask for`)
    }
    const { partitionIndex: partition, errorCode, highWatermark, lastStableOffset, logStartOffset } = answer
    const outcome = { partition, errorCode, highWatermark, logStartOffset, nextOffset: offset }
    if (errorCode !== ErrorCode.NONE) {
      history.add({ type: 'fetch-failed', operation, errorCode })
      outcomes.push(outcome)
      continue
    }
    try {
      const { records, nextOffset } = readRecords(answer.records ?? Buffer.alloc(0), offset)
      const marks = { highWatermark, lastStableOffset, logStartOffset }
      const isCrowded = filledCount > (records.length > 0 ? 1 : 0)
      history.add({ type: 'fetch-ok', operation, ...marks, records, isCrowded })
      outcomes.push({ ...outcome, nextOffset })
    } catch (error) {
      if (!(error instanceof RecordsError)) throw error
      history.add({ type: 'fetch-damaged', operation, reason: error.message })
    }
  }
  return outcomes
}

function requestBody(plan: FetchPlan, positions: ReadonlyMap<number, number>) {
  const { partitionMaxBytes, maxBytes, maxWaitMs } = plan
  const partitions = [...positions].map(([partition, fetchOffset]) => ({ partition, fetchOffset, partitionMaxBytes }))
  const named = plan.version < 13 ? { topic: plan.topic } : { topicId: plan.topicId }
  return {
    maxWaitMs,
    minBytes: 1,
    maxBytes,
    isolationLevel: 1,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ ...named, partitions }],
    forgottenTopicsData: [],
  }
}
