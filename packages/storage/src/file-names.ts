/** Names of files and directories of a log: how they are built, and what a found name means (reference 3.1). */

/** Longest file name that every supported file system takes. */
const nameCharsMax = 255

type LogFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

const logFileKinds: readonly string[] = ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] satisfies LogFileKind[]

/** Suffix of a file that waits for its removal. */
export const deletedSuffix = '.deleted'
/** Suffix of compaction output that is not complete. */
export const cleanedSuffix = '.cleaned'
/** Suffix of compaction output that is complete and replaces what it covers. */
export const swapSuffix = '.swap'

/** `<20 digits>.<kind>`. */
export function logFileName(offset: number, kind: LogFileKind): string {
  return `${offset.toString().padStart(20, '0')}.${kind}`
}

export interface LogFileName {
  readonly offset: number
  readonly kind: LogFileKind
  /** What follows the kind: empty, or one of the suffixes above. */
  readonly suffix: string
}

/** Undefined for a name that is no file of a segment, among them offsets beyond 2^53. */
export function parseLogFileName(name: string): LogFileName | undefined {
  const match = /^(\d{20})\.([a-z]+)(\.deleted|\.cleaned|\.swap)?$/.exec(name)
  if (match === null) return undefined
  const [, digits, kind, suffix = ''] = match
  const offset = Number(digits)
  if (!Number.isSafeInteger(offset) || !logFileKinds.includes(kind as string)) return undefined
  return { offset, kind: kind as LogFileKind, suffix }
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a directory inside a log directory is. */
type LogDirectoryName =
  | ({ readonly kind: 'log' } & TopicPartition)
  /** What a log that moves to this directory is copied to. */
  | ({ readonly kind: 'future' } & TopicPartition)
  /** Renamed for deletion, or because nothing in the cluster knows it. */
  | { readonly kind: 'delete' | 'stray' }
  | { readonly kind: 'unknown' }

export function logDirectoryName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** The name a log's directory gets when it is no longer a log. `uniqueHex` is 32 hex digits; a long topic name is cut. */
export function retiredDirectoryName(
  { topic, partition }: TopicPartition,
  uniqueHex: string,
  kind: 'delete' | 'stray',
): string {
  const suffix = `-${partition}.${uniqueHex}-${kind}`
  return topic.slice(0, nameCharsMax - suffix.length) + suffix
}

/** The name of the directory that a log is moved to, until it takes the log's place. A name is never cut here: it is parsed again. */
export function futureDirectoryName(topicPartition: TopicPartition, uniqueHex: string): string {
  return `${logDirectoryName(topicPartition)}.${uniqueHex}-future`
}

/** Whether a log of this partition can be moved: its name leaves room for what {@link futureDirectoryName} adds. */
export function canBeMoved(topicPartition: TopicPartition): boolean {
  return futureDirectoryName(topicPartition, '0'.repeat(32)).length <= nameCharsMax
}

export function parseLogDirectoryName(name: string): LogDirectoryName {
  const retired = /^.+-\d+\.[0-9a-fA-F-]+-(delete|stray)$/.exec(name)
  if (retired !== null) return { kind: retired[1] as 'delete' | 'stray' }
  const future = /^(.+-\d+)\.[0-9a-fA-F-]+-future$/.exec(name)
  if (future !== null) {
    const log = parseLogDirectoryName(future[1] as string)
    return log.kind === 'log' ? { ...log, kind: 'future' } : { kind: 'unknown' }
  }
  const match = /^([a-zA-Z0-9._-]{1,249})-(0|[1-9]\d{0,9})$/.exec(name)
  const partition = Number(match?.[2])
  if (match === null || partition > 0x7fffffff) return { kind: 'unknown' }
  return { kind: 'log', topic: match[1] as string, partition }
}
