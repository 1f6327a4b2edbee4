/** Judging and stamping what is appended: everything of an append that needs no log, only its end and its producers. */
import { assert } from '@millrace/base'
import { BatchHeader, batchHeaderSize, ErrorCode } from '@millrace/protocol'
import type { LogConfig } from './config.ts'
import type { ProducerCheck, ProducerState } from './producer-state.ts'
import { incomingBatch, incomingMarker } from './replay.ts'
import { headerProblem } from './scan.ts'
import { type Refusal, stampClientBatch, validateClientBatch } from './validate.ts'

/**
 * Who appends. `client`: one batch of a producer, everything is checked. `coordinator`: this broker's own records and transaction
 * markers. `raft`: the leader's own metadata records. `follower`: batches as the leader stored them, offsets and epochs included.
 */
export type AppendOrigin = 'client' | 'coordinator' | 'raft' | 'follower'

export interface AppendOptions {
  readonly origin: AppendOrigin
  /** Written into the batches, except for a follower's. */
  readonly leaderEpoch: number
  /** Version of the Produce request; 12 and later is transactions V2. */
  readonly producerVersion?: number
  /** False when a transactional batch has to be confirmed by the transaction coordinator first, and was not (KIP-890). */
  readonly isVerified?: boolean
  /** Of the cluster, for markers: from 2 on they carry a higher epoch than the producer's. */
  readonly transactionVersion?: number
}

export type AppendResult =
  | {
      readonly kind: 'appended' | 'duplicate'
      readonly baseOffset: number
      readonly lastOffset: number
      /** -1 unless the topic has LogAppendTime; for a duplicate, the max timestamp of the batch that is in the log. */
      readonly logAppendTimeMs: number
    }
  | Refusal

/** Batches with offsets and epoch, ready to take their place. */
export interface PreparedAppend {
  readonly kind: 'prepared'
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly logAppendTimeMs: number
}

/** The log that is appended to. */
interface AppendContext {
  readonly config: LogConfig
  readonly endOffset: number
  readonly producers: ProducerState
  readonly nowMs: number
  /** For messages. */
  readonly name: string
}

/** From this version of Produce on, partitions join transactions by being written to. */
const transactionsV2ProduceVersion = 12

/** Changes nothing but `batches`, and these only when they are accepted. */
export function prepareAppend(
  batches: Buffer,
  options: AppendOptions,
  context: AppendContext,
): PreparedAppend | AppendResult {
  switch (options.origin) {
    case 'client':
      return prepareClient(batches, options, context)
    case 'follower':
      return prepareFollower(batches, context)
    default:
      return prepareOwn(batches, options, context)
  }
}

function prepareClient(bytes: Buffer, options: AppendOptions, context: AppendContext): PreparedAppend | AppendResult {
  const { config, nowMs, producers, endOffset, name } = context
  const refusal = validateClientBatch(bytes, config, nowMs, options.producerVersion)
  if (refusal !== undefined) return { ...refusal, message: `${name}: ${refusal.message}` }
  if (BatchHeader.producerId(bytes, 0) >= 0) {
    const isVerified = options.isVerified ?? true
    const startsAtZero = (options.producerVersion ?? 0) >= transactionsV2ProduceVersion
    const answer = producerAnswer(producers.check(incomingBatch(bytes, 0), { isVerified, startsAtZero }), context)
    if (answer !== undefined) return answer
  }
  const stored = stampClientBatch(bytes, config, nowMs)
  if (!Buffer.isBuffer(stored)) return { ...stored, message: `${name}: ${stored.message}` }
  const logAppendTimeMs = config.messageTimestampType === 'LogAppendTime' ? nowMs : -1
  return { ...assignOffsets(stored, endOffset, options.leaderEpoch), logAppendTimeMs }
}

function prepareOwn(bytes: Buffer, options: AppendOptions, context: AppendContext): PreparedAppend | AppendResult {
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    const problem = cutProblem(bytes, at) ?? headerProblem(bytes, at, bytes.length - at, 0)
    assert(problem === undefined, `${context.name}: a batch of the broker itself is not valid: ${problem}`)
    if (!BatchHeader.isControl(bytes, at) || BatchHeader.producerId(bytes, at) < 0) continue
    const marker = incomingMarker(bytes, at)
    const check = marker && context.producers.checkMarker(marker, options.transactionVersion ?? 0)
    const answer = check && producerAnswer(check, context)
    if (answer !== undefined) return answer
  }
  return assignOffsets(bytes, context.endOffset, options.leaderEpoch)
}

function prepareFollower(bytes: Buffer, context: AppendContext): PreparedAppend | AppendResult {
  let nextOffset = context.endOffset
  let maxTimestamp = -1
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    const problem = cutProblem(bytes, at) ?? headerProblem(bytes, at, bytes.length - at, nextOffset)
    if (problem !== undefined || !BatchHeader.isCrcValid(bytes, at)) {
      const message = `${context.name}: byte ${at} of the leader's batches: ${problem ?? 'the CRC is wrong'}`
      return { kind: 'refused', errorCode: ErrorCode.CORRUPT_MESSAGE, message }
    }
    nextOffset = BatchHeader.lastOffset(bytes, at) + 1
    maxTimestamp = Math.max(maxTimestamp, BatchHeader.maxTimestamp(bytes, at))
  }
  return prepared(bytes, nextOffset - 1, maxTimestamp)
}

/** Gives every batch the next offsets and the leader's epoch; neither is covered by the CRC. */
function assignOffsets(bytes: Buffer, endOffset: number, leaderEpoch: number): PreparedAppend {
  let nextOffset = endOffset
  let maxTimestamp = -1
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    BatchHeader.setBaseOffset(bytes, at, nextOffset)
    BatchHeader.setPartitionLeaderEpoch(bytes, at, leaderEpoch)
    nextOffset += BatchHeader.lastOffsetDelta(bytes, at) + 1
    maxTimestamp = Math.max(maxTimestamp, BatchHeader.maxTimestamp(bytes, at))
  }
  return prepared(bytes, nextOffset - 1, maxTimestamp)
}

function prepared(bytes: Buffer, lastOffset: number, maxTimestamp: number): PreparedAppend {
  assert(bytes.length > 0, 'an append holds at least one batch')
  return {
    kind: 'prepared',
    bytes,
    baseOffset: BatchHeader.baseOffset(bytes, 0),
    lastOffset,
    maxTimestamp,
    logAppendTimeMs: -1,
  }
}

function cutProblem(bytes: Buffer, at: number): string | undefined {
  return bytes.length - at < batchHeaderSize ? 'a header is cut' : undefined
}

function producerAnswer(check: ProducerCheck, { name }: AppendContext): AppendResult | undefined {
  if (check.kind === 'ok') return undefined
  if (check.kind === 'refused') return { ...check, message: `${name}: ${check.message}` }
  const { baseOffset, lastOffset, timestamp } = check
  return { kind: 'duplicate', baseOffset, lastOffset, logAppendTimeMs: timestamp }
}
