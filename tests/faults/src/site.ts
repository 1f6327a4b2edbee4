/** Where a case takes place: the broker, the proxies in front of it, and what the client is told about them. */
import type { ClusterEvent, ClusterOptions } from '@millrace/client'
import { type Address, formatAddress, nodeTransport, type Transport } from '@millrace/network'
import {
  ApiVersions,
  decodeRequestBody,
  decodeRequestHeader,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  SyncGroup,
} from '@millrace/protocol'
import type { TestBroker } from './brokers/broker.ts'
import type { Case } from './case-list.ts'
import { type FaultTimes, Strike } from './fault.ts'
import type { Exchange, ExchangeLog } from './proxy/exchange-log.ts'
import { FaultProxy, type FaultProxyOptions } from './proxy/fault-proxy.ts'

const requestTimeoutMs = 800
/** Joining and synchronising may take as long as user code may (2 s here), and 5 s more; leaving is tried for 5 s. */
const patientMs: ReadonlyMap<number, number> = new Map([
  [JoinGroup.key, 8200],
  [SyncGroup.key, 7200],
  [LeaveGroup.key, 5200],
  [ApiVersions.key, requestTimeoutMs + 200],
])
/** A heartbeat has at least a second. */
const usualMs = 1200

const times: FaultTimes = { delayMs: 200, beyondMs: (apiKey) => patientMs.get(apiKey) ?? usualMs }

const hostName: Address = { host: 'broker.test', port: 9092 }

export class Site {
  readonly events: ClusterEvent[] = []
  readonly strike: Strike | undefined
  readonly #case: Case
  readonly #broker: TestBroker
  readonly log: ExchangeLog
  readonly #proxies: FaultProxy[] = []
  readonly #onError: (error: unknown) => void
  onCommit: (partition: number, offset: number) => void = () => {}

  private constructor(each: Case, broker: TestBroker, log: ExchangeLog, onError: (error: unknown) => void) {
    this.#case = each
    this.#broker = broker
    this.log = log
    this.#onError = onError
    this.strike = each.fault === undefined ? undefined : new Strike(each.fault, times)
  }

  static async open(
    each: Case,
    broker: TestBroker,
    log: ExchangeLog,
    onError: (error: unknown) => void,
  ): Promise<Site> {
    const site = new Site(each, broker, log, onError)
    await site.#addProxy()
    if (each.disturbance === 'the first of two addresses dies') await site.#addProxy()
    return site
  }

  /** What every client of the case is given. */
  get client(): ClusterOptions {
    const isNamed = this.#case.disturbance === 'its host name gets another address'
    return {
      brokers: isNamed ? formatAddress(hostName) : this.#proxies.map(({ address }) => formatAddress(address)),
      clientId: 'faults',
      requestTimeoutMs,
      connectTimeoutMs: requestTimeoutMs,
      retryTimeoutMs: 13_000,
      retryBackoffMs: 20,
      retryBackoffMaxMs: 200,
      reconnectBackoffMs: 10,
      reconnectBackoffMaxMs: 200,
      onState: (event) => {
        this.events.push(event)
        if ('error' in event) this.log.remark(`${event.type}: ${event.error.code}: ${event.error.message}`)
      },
      ...(isNamed ? { transport: this.#namedTransport() } : {}),
    }
  }

  /** Connections that clients have open. */
  get openCount(): number {
    return this.#proxies.reduce((sum, { openCount }) => sum + openCount, 0)
  }

  async disturb(): Promise<void> {
    const { disturbance } = this.#case
    if (disturbance === undefined) return
    this.log.remark(`${disturbance} ...`)
    switch (disturbance) {
      case 'the broker restarts':
        await this.#broker.restart()
        break
      case 'the broker moves to another port':
        await this.#broker.move()
        break
      case 'its host name gets another address':
        await this.#addProxy()
        await this.#proxies.shift()?.close()
        break
      case 'the first of two addresses dies':
        await this.#proxies.shift()?.close()
    }
    this.log.remark(`${disturbance}: done`)
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
  }

  async #addProxy(): Promise<void> {
    const isNamed = this.#case.disturbance === 'its host name gets another address'
    const options: FaultProxyOptions = {
      target: () => this.#broker.address,
      strike: this.strike,
      log: this.log,
      latencyMs: this.#case.flow.latencyMs ?? 0,
      advertised: () => (isNamed ? hostName : this.#first.address),
      onRequest: (exchange, frame) => this.#onRequest(exchange, frame),
      onError: this.#onError,
    }
    this.#proxies.push(await FaultProxy.listen(options))
  }

  get #first(): FaultProxy {
    return this.#proxies[0] as FaultProxy
  }

  /** The machine's network, with a name that means whichever proxy is there. */
  #namedTransport(): Transport {
    return {
      listen: nodeTransport.listen,
      connect: (address, options) => {
        return nodeTransport.connect(address.host === hostName.host ? this.#first.address : address, options)
      },
    }
  }

  #onRequest({ apiKey, apiVersion }: Exchange, frame: Buffer): void {
    if (apiKey !== OffsetCommit.key) return
    const { bodyPosition } = decodeRequestHeader(frame)
    for (const { partitions } of decodeRequestBody(OffsetCommit, apiVersion, frame, bodyPosition).topics) {
      for (const { partitionIndex, committedOffset } of partitions) this.onCommit(partitionIndex, committedOffset)
    }
  }
}
