/** What each key that has an effect does, in a sentence: for DescribeConfigs, `docs/configuration.md` and the command line. */
import type { ConfigKey, Support } from './key.ts'

const sentences: Readonly<Record<string, string>> = {
  'advertised.listeners': 'Where clients and brokers reach the listeners, when that is not where they listen.',
  'auto.create.topics.enable': 'Whether a topic is created when a client that allows it asks for its metadata.',
  'broker.heartbeat.interval.ms': 'Time between two heartbeats of a broker to the controller.',
  'broker.id': 'Older name of node.id; when given, it must be the same.',
  'broker.rack': 'The rack of this broker, told to clients and used to spread replicas.',
  'broker.session.timeout.ms': 'A broker without a heartbeat for this long is fenced.',
  'compression.gzip.level': 'Level of gzip where the broker compresses; -1 for the default of gzip.',
  'compression.lz4.level': 'Level of lz4 where the broker compresses.',
  'compression.type':
    'How batches are stored; producer keeps them as they came, any other value compresses anew what comes otherwise.',
  'compression.zstd.level': 'Level of zstd where the broker compresses.',
  'connections.max.idle.ms': 'A connection without traffic for this long is closed; a negative value never closes one.',
  'controller.listener.names': 'Listeners that belong to the controller; the first one is used to reach it.',
  'controller.quorum.bootstrap.servers': 'Controllers to ask who the voters are, as host:port.',
  'controller.quorum.election.backoff.max.ms': 'Longest pause before the next try after a lost election.',
  'controller.quorum.election.timeout.ms': 'Time a candidate waits for votes before it tries again.',
  'controller.quorum.fetch.timeout.ms':
    'Time without contact to the quorum after which a follower seeks an election, or a leader resigns.',
  'controller.quorum.request.timeout.ms': 'Longest wait for the answer to a request between members of the quorum.',
  'controller.quorum.retry.backoff.ms': 'Pause before a failed request between members of the quorum is sent again.',
  'controller.quorum.voters': 'The voters of a static quorum, as id@host:port.',
  'default.replication.factor': 'Replicas of a topic that is created without a number.',
  'delete.topic.enable': 'Whether clients may delete topics.',
  'fetch.max.bytes': 'Most bytes in one answer to a fetch; the first batch is sent even if it is larger.',
  'group.initial.rebalance.delay.ms':
    'How long an empty classic group waits for more members before its first rebalance.',
  'group.max.session.timeout.ms': 'Longest session timeout a classic member may ask for.',
  'group.max.size': 'Most members of a classic group.',
  'group.min.session.timeout.ms': 'Shortest session timeout a classic member may ask for.',
  'inter.broker.listener.name': 'Listener that brokers use among themselves.',
  'internal.metadata.log.segment.bytes': 'Replaces metadata.log.segment.bytes, without its lower bound; for tests.',
  'internal.segment.bytes': 'Replaces segment.bytes, without its lower bound; for tests.',
  'listener.security.protocol.map':
    'Security protocol of each listener, as NAME:PROTOCOL; only PLAINTEXT is served so far.',
  listeners: 'Where the node listens, as NAME://host:port; no host means all addresses, port 0 any free port.',
  'log.dir': 'Directories for data, used when log.dirs is not given.',
  'log.dir.failure.timeout.ms':
    'How long the controller may not hear that a log directory failed before the broker stops: it may still be taken for a leader there.',
  'log.dirs':
    'Directories for data, best on disks of their own. New partitions go where there are fewest; one that fails goes offline alone.',
  'log.flush.interval.messages': 'Records of a partition after which it is flushed to disk; topics: flush.messages.',
  'log.flush.interval.ms': 'Age of unflushed records after which a partition is flushed to disk; topics: flush.ms.',
  'log.flush.offset.checkpoint.interval.ms': 'Time between two writes of the recovery point checkpoint.',
  'log.flush.scheduler.interval.ms':
    'Time between two looks for partitions to flush, and flush.ms of topics when nothing else sets it.',
  'log.flush.start.offset.checkpoint.interval.ms': 'Time between two writes of the log start offset checkpoint.',
  'log.index.interval.bytes': 'Bytes of a log per entry of its offset index; topics: index.interval.bytes.',
  'log.index.size.max.bytes': 'Largest size of an index file; topics: segment.index.bytes.',
  'log.message.timestamp.after.max.ms':
    'How far in the future a record may be dated; topics: message.timestamp.after.max.ms.',
  'log.message.timestamp.before.max.ms':
    'How far in the past a record may be dated; topics: message.timestamp.before.max.ms.',
  'log.message.timestamp.type':
    "Whether the timestamp of a record is the producer's or that of the append; topics: message.timestamp.type.",
  'log.cleaner.backoff.ms': 'Wait until compacted topics are looked at again when none was due.',
  'log.cleaner.dedupe.buffer.size':
    'Memory for the keys of logs that are being cleaned, all log.cleaner.threads together; what does not fit is for the next time.',
  'log.cleaner.delete.retention.ms':
    'How long tombstones and the markers of transactions stay after the cleaning that found them; topics: delete.retention.ms.',
  'log.cleaner.enable': 'Whether compacted topics are cleaned.',
  'log.cleaner.io.buffer.size': 'Bytes that cleaning reads, and writes, at once.',
  'log.cleaner.io.max.bytes.per.second': 'Bytes that one cleaning reads and writes in a second.',
  'log.cleaner.max.compaction.lag.ms':
    'Age of an uncleaned record above which its log is due, however little there is to clean; topics: max.compaction.lag.ms.',
  'log.cleaner.min.cleanable.ratio':
    'Share of uncleaned bytes above which a log is due; topics: min.cleanable.dirty.ratio.',
  'log.cleaner.min.compaction.lag.ms': 'Age below which no record is cleaned away; topics: min.compaction.lag.ms.',
  'log.cleaner.threads': 'Logs that are cleaned at a time.',
  'log.cleanup.policy':
    'What happens to old records: delete removes segments, compact keeps the last record of each key; topics: cleanup.policy.',
  'log.initial.task.delay.ms': 'Time after the start until retention is looked after for the first time.',
  'log.retention.bytes':
    'Size of a partition above which its oldest segments are removed, -1 for none; topics: retention.bytes.',
  'log.retention.check.interval.ms': 'Time between two searches for segments that may be removed.',
  'log.retention.hours':
    'Age above which segments are removed, when neither log.retention.ms nor log.retention.minutes is given; -1 for none.',
  'log.retention.minutes': 'Age above which segments are removed, when log.retention.ms is not given; -1 for none.',
  'log.retention.ms': 'Age above which segments are removed, -1 for none; topics: retention.ms.',
  'log.roll.hours': 'Age at which a segment is closed, when log.roll.ms is not given; topics: segment.ms.',
  'log.roll.jitter.hours':
    'Random part taken off the age at which a segment is closed, when log.roll.jitter.ms is not given.',
  'log.roll.jitter.ms': 'Random part taken off the age at which a segment is closed; topics: segment.jitter.ms.',
  'log.roll.ms': 'Age at which a segment is closed; topics: segment.ms.',
  'log.segment.bytes': 'Size at which a segment is closed; topics: segment.bytes.',
  'log.segment.delete.delay.ms':
    'Time between the deletion of a log or segment and the removal of its files; topics: file.delete.delay.ms.',
  'max.request.partition.size.limit': 'Most partitions in one answer that describes topics.',
  'max.connections': 'Most connections of the broker.',
  'max.connections.per.ip': 'Most connections from one address.',
  'max.connections.per.ip.overrides': 'Exceptions from max.connections.per.ip, as host:count.',
  'max.incremental.fetch.session.cache.slots': 'Most fetch sessions kept.',
  'message.max.bytes': 'Largest batch of records, as stored; topics: max.message.bytes.',
  'metadata.log.dir':
    'Directory of the metadata log, which has to work; without it, the first data directory. It may be one of its own.',
  'metadata.log.max.record.bytes.between.snapshots': 'Bytes of metadata records after which a snapshot is made.',
  'metadata.log.max.snapshot.interval.ms':
    'Time after which a snapshot of new metadata records is made; 0 never for their age.',
  'metadata.log.segment.bytes': 'Size at which a segment of the metadata log is closed.',
  'metadata.log.segment.ms': 'Age at which a segment of the metadata log is closed.',
  'min.insync.replicas': 'Replicas that must have a record before a producer with acks=all gets its answer.',
  'node.id': 'The number of this node in its cluster.',
  'num.partitions': 'Partitions of a topic that is created without a number.',
  'offset.metadata.max.bytes': 'Longest text a client may store with a committed offset.',
  'offsets.commit.timeout.ms': 'Longest wait until a committed offset is stored.',
  'offsets.load.buffer.size': 'Bytes read at once while the offsets and groups of a partition are loaded.',
  'offsets.retention.check.interval.ms': 'Time between two searches for expired offsets.',
  'offsets.retention.minutes': 'Offsets of a group are dropped when it has been without members for this long.',
  'offsets.topic.num.partitions': 'Partitions of __consumer_offsets; must not change after it exists.',
  'offsets.topic.replication.factor': 'Replicas of __consumer_offsets.',
  'offsets.topic.segment.bytes': 'Size at which a segment of __consumer_offsets is closed.',
  'process.roles': 'What the node is; Millrace runs broker and controller in one process so far.',
  'producer.id.expiration.check.interval.ms':
    'Time between two searches for producers that have been silent for too long.',
  'producer.id.expiration.ms': 'The state of an idempotent producer is dropped when it has been silent for this long.',
  'queued.max.request.bytes':
    'Most bytes of requests that have not arrived in full, over all connections; -1 lets the broker choose.',
  'replica.high.watermark.checkpoint.interval.ms': 'Time between two writes of the high watermark checkpoint.',
  'request.timeout.ms': 'Longest wait for the answer to a request between nodes.',
  'security.inter.broker.protocol': 'Security protocol between brokers; its name is the listener they use.',
  'socket.request.max.bytes': 'Largest request that is read.',

  'cleanup.policy': 'What happens to old records: delete removes segments, compact keeps the last record of each key.',
  'delete.retention.ms': 'How long tombstones and the markers of transactions stay after the cleaning that found them.',
  'file.delete.delay.ms': 'Time between the deletion of a log or segment and the removal of its files.',
  'flush.messages': 'Records after which the partition is flushed to disk; 1 flushes before each acknowledgement.',
  'flush.ms': 'Age of unflushed records after which the partition is flushed to disk.',
  'index.interval.bytes': 'Bytes of the log per entry of its offset index.',
  'max.compaction.lag.ms': 'Age of an uncleaned record above which its log is due, however little there is to clean.',
  'max.message.bytes': 'Largest batch of records, as stored.',
  'message.timestamp.after.max.ms': 'How far in the future a record may be dated.',
  'message.timestamp.before.max.ms': 'How far in the past a record may be dated.',
  'message.timestamp.type':
    "Whether the timestamp of a record is the producer's (CreateTime) or that of the append (LogAppendTime).",
  'min.cleanable.dirty.ratio': 'Share of uncleaned bytes above which a log is due.',
  'min.compaction.lag.ms': 'Age below which no record is cleaned away.',
  'retention.bytes': 'Size of a partition above which its oldest segments are removed; -1 for none.',
  'retention.ms': 'Age above which segments are removed; -1 for none.',
  'segment.bytes': 'Size at which a segment is closed.',
  'segment.index.bytes': 'Largest size of an index file.',
  'segment.jitter.ms': 'Random part taken off the age at which a segment is closed.',
  'segment.ms': 'Age at which a segment is closed.',

  'millrace.durability':
    'When a record counts as written: fsync when it is on the disk, os when the operating system has it.',
}

/** What the key does, or why it does nothing. Never empty. */
export function documentationOf(key: ConfigKey): string {
  const sentence = sentences[key.name]
  const { support } = key
  if (support.kind === 'served') return sentence ?? ''
  const state = stateOf(support)
  return sentence === undefined ? state : `${sentence} ${state}`
}

function stateOf(support: Exclude<Support, { kind: 'served' }>): string {
  if (support.kind === 'unsupported') return 'Not supported yet.'
  return support.kind === 'accepted' ? `No effect: ${support.why}.` : `No effect yet: ${support.why}.`
}

/** Keys with a sentence, to check that none is left over. */
export const documentedNames: readonly string[] = Object.keys(sentences)
