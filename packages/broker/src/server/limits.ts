/** What the server may take on, from the configuration. */
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ServerLimits } from './server.ts'

/** Requests of one connection under way: idempotent producers have 5, and more gain nothing. */
const inFlightCountMax = 32
/** Unfinished requests of all connections together, when `queued.max.request.bytes` sets no limit: two of the largest. */
const partialFramesFactor = 2

/** `config` answers the present configuration: how many connections are taken can change while the broker runs. */
export function serverLimits(config: () => BrokerConfig): ServerLimits {
  const { socketRequestMaxBytes, queuedMaxRequestBytes, connectionsMaxIdleMs } = config()
  return {
    requestSizeMax: socketRequestMaxBytes,
    partialFramesSizeMax:
      queuedMaxRequestBytes > 0 ? queuedMaxRequestBytes : partialFramesFactor * socketRequestMaxBytes,
    inFlightCountMax,
    idleMsMax: connectionsMaxIdleMs,
    get connectionCountMax() {
      return config().maxConnections
    },
    connectionCountMaxOf: (host) => config().maxConnectionsPerIpOverrides.get(host) ?? config().maxConnectionsPerIp,
  }
}
