/** A broker's life in the cluster: registers, beats, is unfenced, and asks to leave. Reference section 4.2. */
import { type Clock, type Logger, sleep, type Timer, type Uuid } from '@millrace/base'
import { BrokerHeartbeat, BrokerRegistration, ErrorCode, errorByCode } from '@millrace/protocol'
import { supportedFeatures } from './features.ts'
import type { ControllerChannel } from './services.ts'

export interface AdvertisedEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: number
}

export interface LifecycleOptions {
  readonly brokerId: number
  readonly clusterId: Uuid
  readonly incarnationId: Uuid
  readonly directoryIds: readonly Uuid[]
  readonly rack: string | null
  readonly endpoints: readonly AdvertisedEndpoint[]
  /** The epoch of the last life, when it ended cleanly; else -1. */
  readonly previousBrokerEpoch: number
  /** `broker.heartbeat.interval.ms` */
  readonly heartbeatIntervalMs: number
  readonly channel: ControllerChannel
  readonly clock: Clock
  readonly logger: Logger
  /** Last offset of the metadata log that this broker has applied. */
  readonly appliedOffset: () => number
}

/** Pause between heartbeats while something is awaited: to be unfenced, or to be let go. */
const eagerIntervalMs = 10
/** Pause after a registration was refused because the last incarnation still counts as alive. */
const duplicateRetryMs = 2000

const context = { apiVersion: 0, principal: 'broker' } as const

export class BrokerLifecycle {
  readonly #options: LifecycleOptions
  #epoch = -1
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: LifecycleOptions) {
    this.#options = options
  }

  /** -1 until registered. */
  get epoch(): number {
    return this.#epoch
  }

  /** Registers and waits until the controller lets this broker serve; then goes on beating. */
  async start(): Promise<void> {
    await this.#register()
    while (!this.#isStopped) {
      if (!(await this.#beat(false)).isFenced) break
      await sleep(this.#options.clock, eagerIntervalMs)
    }
    this.#scheduleBeat()
  }

  /** Asks to leave until the controller agrees, or `timeoutMs` has passed. True: it agreed, so the stop is a clean one. */
  async leave(timeoutMs: number): Promise<boolean> {
    this.#timer?.cancel()
    this.#isStopped = true
    const deadline = this.#options.clock.monotonic() + timeoutMs
    while (this.#options.clock.monotonic() < deadline) {
      try {
        if ((await this.#beat(true)).shouldShutDown) return true
      } catch (error) {
        this.#options.logger.warn('The controller did not answer while this broker leaves', { error })
        return false
      }
      await sleep(this.#options.clock, eagerIntervalMs)
    }
    return false
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #register(): Promise<void> {
    const { brokerId, clusterId, incarnationId, directoryIds, rack, endpoints, previousBrokerEpoch } = this.#options
    const { channel, clock, logger } = this.#options
    const request = {
      brokerId,
      clusterId,
      incarnationId,
      listeners: endpoints,
      features: supportedFeatures.map(({ name, min, max }) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      rack,
      isMigratingZkBroker: false,
      logDirs: directoryIds,
      previousBrokerEpoch,
    }
    while (!this.#isStopped) {
      const answer = await channel.send(BrokerRegistration, request, context)
      if (answer.errorCode === ErrorCode.NONE) {
        this.#epoch = answer.brokerEpoch ?? -1
        return
      }
      if (answer.errorCode !== ErrorCode.DUPLICATE_BROKER_REGISTRATION) {
        const name = errorByCode(answer.errorCode ?? -1)?.name
        throw new Error(`The controller refuses broker ${brokerId}: ${name}`)
      }
      logger.info('Waiting for the last incarnation of this broker to be given up', { brokerId })
      await sleep(clock, duplicateRetryMs)
    }
  }

  async #beat(wantShutDown: boolean): Promise<{ isFenced: boolean; shouldShutDown: boolean }> {
    const { brokerId, channel, appliedOffset } = this.#options
    const request = {
      brokerId,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: appliedOffset(),
      wantFence: false,
      wantShutDown,
      offlineLogDirs: [],
      cordonedLogDirs: null,
    }
    const answer = await channel.send(BrokerHeartbeat, request, context)
    return { isFenced: answer.isFenced ?? true, shouldShutDown: answer.shouldShutDown ?? false }
  }

  #scheduleBeat(): void {
    if (this.#isStopped) return
    this.#timer = this.#options.clock.schedule(this.#options.heartbeatIntervalMs, () => {
      this.#beat(false)
        .catch((error: unknown) => this.#options.logger.warn('A heartbeat to the controller failed', { error }))
        .finally(() => this.#scheduleBeat())
    })
  }
}
