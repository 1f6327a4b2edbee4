/** When each broker was last heard of. Soft state of the active controller: a new one starts every session anew. */

interface Session {
  lastContactMs: number
  metadataOffset: number
  hasBeaten: boolean
}

export class BrokerSessions {
  readonly #sessions = new Map<number, Session>()
  readonly timeoutMs: number

  /** @param timeoutMs `broker.session.timeout.ms` */
  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs
  }

  /** A registration or the activation of the controller: the session starts, no heartbeat has come yet. */
  start(brokerId: number, nowMs: number): void {
    this.#sessions.set(brokerId, { lastContactMs: nowMs, metadataOffset: -1, hasBeaten: false })
  }

  beat(brokerId: number, metadataOffset: number, nowMs: number): void {
    this.#sessions.set(brokerId, { lastContactMs: nowMs, metadataOffset, hasBeaten: true })
  }

  end(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  /** Whether another incarnation may not take the id yet. */
  isHeld(brokerId: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session?.hasBeaten === true && nowMs - session.lastContactMs < this.timeoutMs
  }

  isExpired(brokerId: number, nowMs: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session === undefined || nowMs - session.lastContactMs >= this.timeoutMs
  }

  metadataOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.metadataOffset ?? -1
  }

  /** Monotonic time at which the next session may expire; Infinity without sessions. */
  nextExpiryMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const session of this.#sessions.values()) next = Math.min(next, session.lastContactMs + this.timeoutMs)
    return next
  }
}
