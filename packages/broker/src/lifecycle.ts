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
  /** The log directories that work. */
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
  /** `log.dir.failure.timeout.ms` */
  readonly directoryFailureTimeoutMs: number
  /** The controller could not be told in time that a log directory failed: it may still take this broker for a leader there. */
  readonly onFailureUnknown: (error: Error) => void
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
  /** Directories that failed since the registration, with the time that is left to tell the controller. */
  readonly #offlineDirectories = new Map<Uuid, Timer | undefined>()

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
    this.#endFailureTimers()
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
    this.#endFailureTimers()
  }

  /** A log directory failed: every heartbeat says so from now on, beginning with one at once. */
  directoryFailed(directoryId: Uuid): void {
    if (this.#offlineDirectories.has(directoryId)) return
    const { clock, directoryFailureTimeoutMs, onFailureUnknown } = this.#options
    const timer = clock.schedule(directoryFailureTimeoutMs, () => {
      const message = `The controller could not be told for ${directoryFailureTimeoutMs} ms that log directory ${directoryId} failed`
      onFailureUnknown(new Error(message))
    })
    this.#offlineDirectories.set(directoryId, timer)
    if (this.#isStopped || this.#epoch < 0) return
    this.#beat(false).catch((error: unknown) => {
      this.#options.logger.warn('The controller could not be told yet that a log directory failed', { error })
    })
  }

  #endFailureTimers(): void {
    for (const timer of this.#offlineDirectories.values()) timer?.cancel()
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
      offlineLogDirs: [...this.#offlineDirectories.keys()],
      cordonedLogDirs: null,
    }
    const answer = await channel.send(BrokerHeartbeat, request, context)
    if (answer.errorCode === ErrorCode.NONE) {
      for (const id of request.offlineLogDirs) {
        this.#offlineDirectories.get(id)?.cancel()
        this.#offlineDirectories.set(id, undefined)
      }
    }
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
