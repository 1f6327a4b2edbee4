/** The keys of a subscription to metrics of clients (KIP-714). */
import { type ConfigTable, int, list, type ResourceKey, resourceKey, tableOf } from './key.ts'
import { unsupported } from './support.ts'
import { distinctOrEmpty } from './valid-values.ts'

/** Keys of client-metrics subscriptions (resource type 16). */
export const clientMetricsKeys: ConfigTable<ResourceKey> = tableOf([
  resourceKey('interval.ms', int(300_000), unsupported),
  resourceKey('match', list([], distinctOrEmpty), unsupported),
  resourceKey('metrics', list([], distinctOrEmpty), unsupported),
])
