/** What handlers work with. Built by the composition root; every member has one owner. */
import type { Clock, Logger, Random } from '@millrace/base'
import type { GroupCoordinator } from '@millrace/coordinator'
import type { ApiSpec, Request, ResponseInput } from '@millrace/protocol'
import type { ClusterView } from './cluster-view.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { ConfigRepository } from './config/dynamic.ts'
import type { TypedApi } from './handler.ts'
import type { FetchSessionCache } from './replica/fetch-session.ts'
import type { ReplicaManager } from './replica/replica-manager.ts'

/** The way to the active controller, in this process or in another: always a request and an answer. */
export interface ControllerChannel {
  send<A extends TypedApi>(api: A, request: Request<A>, context: ControllerContext): Promise<ResponseInput<A>>
}

/** Who asks the controller. */
export interface ControllerContext {
  readonly apiVersion: number
  readonly principal: string
  /** When given, the answer comes no later. */
  readonly timeoutMs?: number
}

/** Producer ids, in blocks from the controller. */
export interface ProducerIds {
  /** A fresh id; `undefined` while no block has arrived. */
  next(): Promise<number | undefined>
}

/** Creates topics that clients mention and internal topics that coordinators need. */
export interface TopicCreation {
  /** Starts creating, unless that is under way. The client asks again. Answers the error code for an invalid name, else 0. */
  request(name: string): void
}

export interface Services {
  readonly brokerId: number
  readonly config: BrokerConfig
  readonly configs: ConfigRepository
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly controller: ControllerChannel
  readonly producerIds: ProducerIds
  readonly topicCreation: TopicCreation
  readonly fetchSessions: FetchSessionCache
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The newest view of the cluster. Take it once per request. */
  cluster(): ClusterView
  /** The APIs that have a handler, for ApiVersions. */
  servedApis(): readonly ApiSpec[]
}
