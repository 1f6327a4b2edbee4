/** Members of a group on a scripted cluster. */
import type { MillraceError } from '@millrace/client'
import type { Consumer, ConsumerSettings, Message } from '../src/index.ts'
import { numbered } from './batches.ts'
import { listen, textOf, type WorldOptions, world } from './world.ts'

export const quick = {
  autoCommitIntervalMs: 100,
  heartbeatIntervalMs: 100,
  sessionTimeoutMs: 2000,
  maxProcessingMs: 5000,
}

/** A topic of four partitions with ten records each, and members of a group that read it. */
export async function group(options: WorldOptions = {}) {
  const all = await world(options)
  const { scripted, consume, append, clock } = all
  scripted.createTopic('t', 4)
  for (let partition = 0; partition < 4; partition++) append('t', partition, numbered(10))
  const join = (settings: ConsumerSettings<Buffer, Buffer> = {}) => {
    const consumer = consume({ group: 'g', topics: ['t'], from: 'earliest', ...quick, ...settings })
    return { consumer, told: listen(consumer) }
  }
  /** Reads for ever; each message takes `workMs`. */
  const read = (consumer: Consumer, seen: Message[], workMs = 0): { readonly errors: MillraceError[] } => {
    const errors: MillraceError[] = []
    const handler = async (message: Message) => {
      seen.push(message)
      if (workMs > 0) await new Promise<void>((resolve) => void clock.schedule(workMs, resolve))
    }
    consumer.run(handler).catch((error) => errors.push(error))
    return { errors }
  }
  const scriptedGroup = scripted.group('g')
  const committed = () => [0, 1, 2, 3].map((partition) => scriptedGroup.offsets.get(`t-${partition}`)?.offset ?? -1)
  const owned = (...consumers: Consumer[]) =>
    consumers.map(({ assignment }) => assignment.map((each) => each.partition))
  /** Members are in one generation, each has something, and they have all partitions between them. */
  const isShared = (...consumers: Consumer[]) => {
    const partitions = owned(...consumers).flat()
    if (consumers.some(({ assignment }) => assignment.length === 0)) return false
    return scriptedGroup.state === 'stable' && partitions.length === 4 && new Set(partitions).size === 4
  }
  return { ...all, join, read, scriptedGroup, committed, owned, isShared }
}

/** How many different records. */
export const distinct = (messages: readonly Message[]) => new Set(messages.map(textOf)).size
