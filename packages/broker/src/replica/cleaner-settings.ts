/** The broker's settings as the cleaner of its logs takes them. */
import type { CleanerSettings } from '@millrace/storage'
import type { BrokerConfig } from '../config/broker-config.ts'

/** What a cleaning needs besides the keys: Kafka has no smaller share either. */
const dedupeBytesMin = 1 << 20

export function cleanerSettingsOf(broker: BrokerConfig): CleanerSettings {
  const concurrencyMax = Math.max(1, broker.logCleanerThreads)
  return {
    isEnabled: broker.logCleanerEnable && broker.logCleanerThreads > 0,
    concurrencyMax,
    backoffMs: broker.logCleanerBackoffMs,
    dedupeBytes: Math.max(dedupeBytesMin, Math.floor(broker.logCleanerDedupeBufferSize / concurrencyMax)),
    ioBytesPerSecondMax: broker.logCleanerIoMaxBytesPerSecond,
    ioBufferBytes: Math.max(4096, broker.logCleanerIoBufferSize),
  }
}
