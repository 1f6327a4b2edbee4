/** How far Millrace is with each key: the words that rows of the tables use, each with the reason people are shown. */
import type { ConfigKey, ConfigValue, Support } from './key.ts'
import { formatValue, sameValue } from './value.ts'

const accepted = (why: string): Support => ({ kind: 'accepted', why })
const deferred = (why: string): Support => ({ kind: 'deferred', why })

export const served: Support = { kind: 'served' }
export const servedAtStart: Support = { kind: 'served', onlyAtStart: true }
export const servedOnly = (...values: readonly string[]): Support => ({ kind: 'served', values })
export const unsupported: Support = { kind: 'unsupported' }

// Without effect here, by design.
export const threads = accepted('requests are handled on one event loop, so there are no such threads to count')
export const purgatory = accepted(
  'a waiting request is dropped as soon as it is answered, so there is nothing to purge',
)
export const metrics = accepted('there are no JMX metrics and no Java reporters here')
export const socketBuffers = accepted('the operating system sizes its own socket buffers and queues')
export const groupedAppends = accepted(
  'appends of one turn of the event loop are grouped already, and none waits for more',
)
export const featureLevels = accepted('the finalized feature levels decide which group protocols are served')
export const noRequestQueue = accepted('requests wait in their own connections, not in one queue')
export const keyTable = accepted('the keys of a log that is cleaned are in a table that chooses its own load')
export const noNoOps = accepted('no empty records are written to the metadata log while it is idle')
export const growingFiles = accepted('segment files grow as they are written')
export const systemFlush = accepted(
  'the operating system brings records to the disk in its own time; millrace.durability=fsync or flush.messages=1 make it part ' +
    'of every acknowledgement',
)
export const oneCheckpoint = accepted(
  'log starts are written together with recovery points, every log.flush.offset.checkpoint.interval.ms',
)
export const controllerInside = accepted('the controller runs in the same process')

// Kept and shown; their effect comes with the feature they belong to.
export const metadataRetention = deferred('old snapshots and segments of the metadata log are kept')
export const transactions = deferred('transactions are not served yet')
export const shareGroups = deferred('share groups are not served yet')
export const replication = deferred('partitions have one replica so far: there is no other broker to replicate to')

/** What Millrace says to a value that is fine for Kafka. */
export type SupportVerdict =
  | { readonly kind: 'fine' }
  /** It is taken, and whoever set it should know why it does nothing. */
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }

/** Judges a value by its key's support. The default is always fine: it asks for nothing. */
export function judgeSupport(key: ConfigKey, value: ConfigValue): SupportVerdict {
  if (sameValue(key.type, value, key.default)) return { kind: 'fine' }
  const { support } = key
  if (support.kind === 'unsupported') return { kind: 'refused', message: `${key.name} is not supported yet` }
  if (support.kind !== 'served') {
    return { kind: 'notice', message: `${key.name} has no effect: ${support.why}` }
  }
  const shown = String(formatValue(key.type, value))
  if (support.values === undefined || support.values.includes(shown)) return { kind: 'fine' }
  return {
    kind: 'refused',
    message: `${key.name}=${shown} is not supported yet; supported: ${support.values.join(', ')}`,
  }
}
