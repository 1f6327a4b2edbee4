/**
 * A fetch session with one broker (KIP-227, reference section 2.10): which partitions to name in the next request, so that the
 * broker need not be told everything each time. Pure.
 */
import { ErrorCode } from '@millrace/protocol'

/** A partition to fetch. */
export interface FetchTarget {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  readonly sizeMax: number
}

/** What the next request says. */
export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** New or changed partitions; all of them in a full request. */
  readonly targets: readonly FetchTarget[]
  /** Partitions that the broker shall drop. */
  readonly forgotten: readonly FetchTarget[]
}

/** The epoch that begins a session (and ends the one it names). */
const initialEpoch = 0
const epochMax = 0x7fff_ffff

export function targetKey({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`
}

function isSame(a: FetchTarget, b: FetchTarget): boolean {
  return a.offset === b.offset && a.leaderEpoch === b.leaderEpoch && a.sizeMax === b.sizeMax
}

export class FetchSession {
  #id = 0
  #epoch = initialEpoch
  /** What the broker knows. */
  #known = new Map<string, FetchTarget>()

  get isOpen(): boolean {
    return this.#epoch !== initialEpoch
  }

  /** The request that asks for exactly `wanted`, in this order where it is a full one. */
  next(wanted: readonly FetchTarget[]): SessionRequest {
    const now = new Map(wanted.map((target) => [targetKey(target), target]))
    const before = this.#known
    this.#known = now
    // A topic that was deleted and created again has another id. One request cannot both forget and add a partition in versions
    // that name topics: the broker would add it, then forget it.
    if (wanted.some((target) => (before.get(targetKey(target)) ?? target).topicId !== target.topicId)) this.onFailure()
    const session = { sessionId: this.#id, sessionEpoch: this.#epoch }
    if (!this.isOpen) return { ...session, targets: wanted, forgotten: [] }
    const targets = wanted.filter((target) => {
      const known = before.get(targetKey(target))
      return known === undefined || !isSame(known, target)
    })
    const forgotten = [...before].flatMap(([key, target]) => (now.has(key) ? [] : [target]))
    return { ...session, targets, forgotten }
  }

  /** Takes the answer in. True: its partitions count. False: the session is over, the next request begins anew. */
  onResponse(errorCode: number, sessionId: number): boolean {
    if (errorCode !== ErrorCode.NONE) {
      if (errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#id = 0
      this.#epoch = initialEpoch
      return false
    }
    this.#id = sessionId
    // A broker may decline to keep a session: every request is a full one then.
    if (sessionId === 0) this.#epoch = initialEpoch
    else this.#epoch = this.#epoch >= epochMax ? 1 : this.#epoch + 1
    return true
  }

  /** Nobody knows what the broker knows: a new session takes the place of this one. */
  onFailure(): void {
    this.#epoch = initialEpoch
  }
}
