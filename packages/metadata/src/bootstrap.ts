/** What a new cluster starts with: the records of `bootstrap.checkpoint` and the first ones of the log. Reference section 4.5. */
import type { MetadataRecord } from '@millrace/protocol'
import { configResourceType } from './image.ts'

export interface FeatureLevel {
  readonly name: string
  readonly level: number
}

/** The levels that Apache Kafka 4.3.1 formats a cluster with, in the order of its records. */
export const defaultFeatureLevels: readonly FeatureLevel[] = [
  { name: 'metadata.version', level: 30 },
  { name: 'eligible.leader.replicas.version', level: 1 },
  { name: 'group.version', level: 1 },
  { name: 'share.version', level: 1 },
  { name: 'streams.version', level: 1 },
  { name: 'transaction.version', level: 2 },
]

/** The records in `bootstrap.checkpoint`. */
export function bootstrapRecords(levels: readonly FeatureLevel[] = defaultFeatureLevels): MetadataRecord[] {
  return levels
    .filter(({ level }) => level > 0)
    .map(({ name, level }) => ({ type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel: level } }))
}

/** What the first active controller appends to an empty log: the bootstrap records in a metadata transaction. */
export function firstRecords(bootstrap: readonly MetadataRecord[], minInsyncReplicas: number): MetadataRecord[] {
  const keepsElr = bootstrap.some((record) => {
    return (
      record.type === 'FeatureLevelRecord' &&
      record.data.name === 'eligible.leader.replicas.version' &&
      record.data.featureLevel > 0
    )
  })
  const minIsr: MetadataRecord = {
    type: 'ConfigRecord',
    version: 0,
    data: {
      resourceType: configResourceType.broker,
      resourceName: '',
      name: 'min.insync.replicas',
      value: String(minInsyncReplicas),
    },
  }
  return [
    { type: 'BeginTransactionRecord', version: 0, data: { name: 'Bootstrap records' } },
    ...bootstrap,
    ...(keepsElr ? [minIsr] : []),
    { type: 'EndTransactionRecord', version: 0, data: {} },
  ]
}
