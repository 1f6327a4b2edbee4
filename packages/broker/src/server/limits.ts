/** What the server may take on, from the configuration. */
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ServerLimits } from './server.ts'

/** Requests of one connection under way: idempotent producers have 5, and more gain nothing. */
const inFlightCountMax = 32
/** Unfinished requests of all connections together, when `queued.max.request.bytes` sets no limit: two of the largest. */
const partialFramesFactor = 2

export function serverLimits(config: BrokerConfig): ServerLimits {
  const { socketRequestMaxBytes, queuedMaxRequestBytes, maxConnectionsPerIp, maxConnectionsPerIpOverrides } = config
  return {
    requestSizeMax: socketRequestMaxBytes,
    partialFramesSizeMax:
      queuedMaxRequestBytes > 0 ? queuedMaxRequestBytes : partialFramesFactor * socketRequestMaxBytes,
    inFlightCountMax,
    idleMsMax: config.connectionsMaxIdleMs,
    connectionCountMax: config.maxConnections,
    connectionCountMaxOf: (host) => maxConnectionsPerIpOverrides.get(host) ?? maxConnectionsPerIp,
  }
}
