/** A producer on a scripted cluster, on simulated time. */
import { inlineWorkers, ManualClock, seededRandom } from '@millrace/base'
import { Cluster, type ClusterOptions, type MillraceError } from '@millrace/client'
import { drive, type PartitionLog, ScriptedCluster } from '@millrace/client/testing'
import { forEachBatch, openBatch } from '@millrace/protocol'
import { expect } from 'vitest'
import { Producer, type ProducerSettings } from '../src/index.ts'

export interface WorldOptions extends ProducerSettings {
  readonly brokerCount?: number
  readonly cluster?: Partial<ClusterOptions>
}

export async function world({ brokerCount = 1, cluster: clusterOptions, ...settings }: WorldOptions = {}) {
  const clock = new ManualClock()
  const scripted = await ScriptedCluster.start({ clock, brokerCount })
  const { bootstrap: brokers, transport } = scripted
  const cluster = new Cluster({
    brokers,
    transport,
    clock,
    random: seededRandom(9),
    workers: inlineWorkers,
    ...clusterOptions,
  })
  const producer = new Producer({ cluster, ...settings })
  const run = <T>(promise: Promise<T>) => drive(clock, promise)
  const fails = (promise: Promise<unknown>): Promise<MillraceError> =>
    run(
      promise.then(
        () => expect.unreachable('it should fail') as never,
        (error: MillraceError) => error,
      ),
    )
  return { clock, scripted, cluster, producer, run, fails }
}

/** The values in a log, as text, in order. */
export function valuesIn(log: PartitionLog): (string | undefined)[] {
  return recordsIn(log).map((record) => record.value?.toString())
}

export function recordsIn(log: PartitionLog) {
  const { bytes } = log
  const records: { key: Buffer | null; value: Buffer | null; offset: number; headers: readonly unknown[] }[] = []
  forEachBatch(bytes, 0, bytes.length, (position) => {
    for (const { key, value, offset, headers } of openBatch(bytes, position).records()) {
      records.push({ key, value, offset, headers })
    }
  })
  return records
}
