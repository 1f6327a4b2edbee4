/** Reads everything there is. */
import { sleep } from '@millrace/base'
import { ErrorCode, FindCoordinator } from '@millrace/protocol'
import type { HistoryEvent, ReadRecord } from '../history.ts'
import { History } from '../history.ts'
import { ConnectionLost, type RawConnection } from './connection.ts'
import { readGroupOffsets } from './member.ts'
import { type ClientPorts, tryConnect } from './ports.ts'
import { fetchOnce } from './reader.ts'
import { topicIdOf } from './topic.ts'

export interface VerifierOptions {
  readonly topic: string
  readonly partitionCount: number
  readonly fetchVersion: number
  readonly group: string
}

/** Reads all partitions and the group's offsets into the history. Tries again whenever the connection is lost. */
export async function readEverything(ports: ClientPorts, options: VerifierOptions): Promise<void> {
  const remaining = new Set(Array.from({ length: options.partitionCount }, (_, partition) => partition))
  for (let needsOffsets = true; remaining.size > 0 || needsOffsets; ) {
    const connection = await tryConnect(ports, 'verifier')
    try {
      if (connection !== undefined) {
        for (const partition of remaining) {
          await readPartition(connection, ports, options, partition)
          remaining.delete(partition)
        }
        needsOffsets = !(await readOffsets(connection, ports, options))
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
    } finally {
      connection?.close()
    }
    if (remaining.size > 0 || needsOffsets) await sleep(ports.clock, 100)
  }
}

async function readOffsets(connection: RawConnection, ports: ClientPorts, options: VerifierOptions): Promise<boolean> {
  // As clients do: the topic of offsets is made when somebody first asks for a coordinator, and no member may have come so far.
  await connection.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [options.group] })
  const offsets = await readGroupOffsets(connection, ports, options)
  if (offsets === undefined) return false
  ports.history.add({ type: 'offsets-ok', ...offsets })
  return true
}

/** Throws ConnectionLost. */
async function readPartition(
  connection: RawConnection,
  ports: ClientPorts,
  { topic, fetchVersion }: VerifierOptions,
  partition: number,
): Promise<void> {
  const { clock, history } = ports
  const operation = history.next()
  history.add({ type: 'log-read-begin', operation, partition })
  const topicId = await topicIdOf(connection, topic)
  const records: ReadRecord[] = []
  const collecting = new Collector(history, records)
  const plan = {
    topic,
    topicId: topicId ?? '',
    version: fetchVersion,
    maxWaitMs: 0,
    maxBytes: 1 << 20,
    partitionMaxBytes: 1 << 20,
  }
  let startOffset: number | undefined
  let position = 0
  for (;;) {
    const [outcome] =
      topicId === undefined ? [] : await fetchOnce(connection, collecting, plan, new Map([[partition, position]]))
    if (outcome?.errorCode === ErrorCode.NONE) {
      startOffset ??= outcome.logStartOffset
      position = outcome.nextOffset
      if (position >= outcome.highWatermark) {
        history.add({ type: 'log-read', operation, partition, startOffset, endOffset: outcome.highWatermark, records })
        return
      }
    } else if (outcome?.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE && position < outcome.logStartOffset) {
      position = outcome.logStartOffset
    } else {
      throw new ConnectionLost('the partition cannot be read now')
    }
    await sleep(clock, 1)
  }
}

/** A history that keeps the records as well. */
class Collector extends History {
  constructor(history: History, records: ReadRecord[]) {
    super((event: HistoryEvent) => {
      if (event.type === 'fetch-ok') records.push(...event.records)
      history.add(event)
    })
    this.next = () => history.next()
  }
}
