/** What every case needs: the clients, and the broker that they talk to. */
import type { Clients } from './clients/index.ts'
import type { ClusterView } from './cluster-view.ts'
import type { History } from './history.ts'

export interface World {
  readonly clients: Clients
  readonly view: ClusterView
  /** `host:port` of the broker. */
  readonly address: string
  readonly history: History
}
