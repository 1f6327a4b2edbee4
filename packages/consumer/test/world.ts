/** Consumers on a scripted cluster, on simulated time. */
import { inlineWorkers, ManualClock, seededRandom } from '@millrace/base'
import { Cluster, type ClusterOptions, type MillraceError } from '@millrace/client'
import { drive, pass, ScriptedCluster } from '@millrace/client/testing'
import { expect } from 'vitest'
import { Consumer, type ConsumerEvents, type ConsumerSettings, type Message } from '../src/index.ts'
import { batchOf } from './batches.ts'

export interface WorldOptions {
  readonly brokerCount?: number
  readonly cluster?: Partial<ClusterOptions>
}

/** What a consumer told, in order. */
export type Told = { [N in keyof ConsumerEvents]: readonly [N, ConsumerEvents[N]] }[keyof ConsumerEvents]

const eventNames = ['revoking', 'assigned', 'lost', 'reset', 'end', 'stalled'] as const

/** Collects the events of a consumer from now on. */
export function listen(consumer: Consumer<never, never> | Consumer): Told[] {
  const told: Told[] = []
  for (const name of eventNames) consumer.on(name, (event) => void told.push([name, event] as Told))
  return told
}

/** The events of one name. */
export function eventsOf<N extends keyof ConsumerEvents>(told: readonly Told[], name: N): ConsumerEvents[N][] {
  return told.filter(([each]) => each === name).map(([, event]) => event as ConsumerEvents[N])
}

/** `t-0@5=value` */
export function textOf({ topic, partition, offset, value }: Message): string {
  return `${topic}-${partition}@${offset}=${value?.toString()}`
}

export async function world({ brokerCount = 1, cluster: clusterOptions }: WorldOptions = {}) {
  const clock = new ManualClock()
  const scripted = await ScriptedCluster.start({ clock, brokerCount })
  const { bootstrap: brokers, transport } = scripted
  let seed = 0
  const newCluster = () =>
    new Cluster({ brokers, transport, clock, random: seededRandom(++seed), workers: inlineWorkers, ...clusterOptions })
  const consumers: { close(options?: { timeoutMs?: number }): Promise<void> }[] = []
  const clusters: Cluster[] = []
  /** A consumer on a cluster of its own. */
  function consume<K = Buffer, V = Buffer>(settings: ConsumerSettings<K, V>): Consumer<K, V> {
    const cluster = newCluster()
    clusters.push(cluster)
    const consumer = new Consumer<K, V>({ cluster, ...settings })
    consumers.push(consumer)
    return consumer
  }
  const run = <T>(promise: Promise<T>, limitMs?: number) => drive(clock, promise, limitMs)
  const fails = (promise: Promise<unknown>): Promise<MillraceError> =>
    run(
      promise.then(
        () => expect.unreachable('it should fail') as never,
        (error: MillraceError) => error,
      ),
    )
  /** Lets time pass until `isTrue`. */
  async function until(isTrue: () => boolean, limitMs = 120_000): Promise<void> {
    const endMs = clock.monotonic() + limitMs
    while (!isTrue()) {
      if (clock.monotonic() >= endMs) expect.unreachable(`it did not come true within ${limitMs} ms`)
      await pass(clock, 1)
    }
  }
  /** The next `count` messages of a loop that goes on. */
  async function take<T>(loop: AsyncIterableIterator<T, undefined>, count: number): Promise<T[]> {
    const taken: T[] = []
    while (taken.length < count) {
      const { done, value } = await run(loop.next())
      if (done) break
      taken.push(value)
    }
    return taken
  }
  /** Appends records, in one batch. */
  const append = (topic: string, partition: number, values: readonly string[]) =>
    scripted.log(topic, partition).append(batchOf(values))
  /** Closes everything, and makes sure that nothing is left behind. */
  async function end(): Promise<void> {
    await run(Promise.all(consumers.map((consumer) => consumer.close({ timeoutMs: 20_000 }))))
    for (const cluster of clusters) await cluster.close()
    for (const group of scripted.groups.values()) for (const id of group.members.keys()) group.expel(id)
    // What the scripted brokers wait for.
    await pass(clock, 1000)
    await scripted.stop()
    expect(scripted.failures).toEqual([])
    expect(clock.pendingCount).toBe(0)
  }
  return {
    clock,
    scripted,
    newCluster,
    consume,
    run,
    fails,
    until,
    take,
    append,
    end,
    pass: (ms: number) => pass(clock, ms),
  }
}
