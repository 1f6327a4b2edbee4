/** Requests that wait for an answer: at most one of a kind per destination, each with an end, and a pause after a failure. */
import type { OutgoingRequest } from './message.ts'

export interface PendingRequest {
  readonly id: number
  readonly target: number
  readonly request: OutgoingRequest
  /** The machine's epoch when it was sent. */
  readonly epoch: number
  readonly expiresAt: number
}

type Kind = OutgoingRequest['kind']

const slotOf = (target: number, kind: Kind): string => `${target}/${kind}`

export class InFlight {
  readonly #byId = new Map<number, PendingRequest>()
  readonly #bySlot = new Map<string, PendingRequest>()
  readonly #retryAt = new Map<string, number>()
  readonly #backoffMs: number
  #nextId = 1

  constructor(backoffMs: number) {
    this.#backoffMs = backoffMs
  }

  /** When the slot is free: now or earlier means it is. */
  freeAt(target: number, kind: Kind): number {
    const slot = slotOf(target, kind)
    return this.#bySlot.get(slot)?.expiresAt ?? this.#retryAt.get(slot) ?? 0
  }

  add(target: number, request: OutgoingRequest, epoch: number, expiresAt: number): PendingRequest {
    const pending: PendingRequest = { id: this.#nextId++, target, request, epoch, expiresAt }
    const slot = slotOf(target, request.kind)
    this.#byId.set(pending.id, pending)
    this.#bySlot.set(slot, pending)
    this.#retryAt.delete(slot)
    return pending
  }

  /** Takes an answered request out; undefined when it is not known any more. */
  answered(id: number): PendingRequest | undefined {
    const pending = this.#byId.get(id)
    if (pending !== undefined) this.#remove(pending)
    return pending
  }

  failed(id: number, now: number): void {
    const pending = this.answered(id)
    if (pending !== undefined) this.pause(pending.target, pending.request.kind, now)
  }

  /** Nothing of this kind to this target for a moment. */
  pause(target: number, kind: Kind, now: number): void {
    this.#retryAt.set(slotOf(target, kind), now + this.#backoffMs)
  }

  /** Gives up requests whose time is over, and forgets pauses that are. */
  expire(now: number): void {
    for (const pending of this.#byId.values()) if (pending.expiresAt <= now) this.#remove(pending)
    for (const [slot, at] of this.#retryAt) if (at <= now) this.#retryAt.delete(slot)
  }

  /** Forgets everything: answers to what was asked in an earlier role come too late. */
  clear(): void {
    this.#byId.clear()
    this.#bySlot.clear()
  }

  #remove(pending: PendingRequest): void {
    this.#byId.delete(pending.id)
    const slot = slotOf(pending.target, pending.request.kind)
    if (this.#bySlot.get(slot) === pending) this.#bySlot.delete(slot)
  }
}
