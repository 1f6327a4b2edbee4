/** One fault at one exchange: its name, and what the proxy has to do for it. */
import { apiByKey, ErrorCode, type ErrorName, errorByCode, errors, Produce } from '@millrace/protocol'
import { canThrottle, type ErrorPlace, withError, withThrottle } from './proxy/error-injection.ts'
import type { Exchange } from './proxy/exchange-log.ts'
import { refusal } from './proxy/refusal.ts'
import { retriableErrorsOf } from './retriable-errors.ts'

export type FaultKind =
  /** The connection is closed before the request reaches the broker. */
  | 'request cut'
  /** It is closed after the broker has answered, before the client has any of it. */
  | 'reply cut'
  /** It is closed in the middle of the reply's bytes. */
  | 'reply cut in the middle'
  /** The reply never comes, and neither does anything behind it. */
  | 'reply dropped'
  /** The reply comes late, in time. */
  | 'reply delayed'
  /** The reply comes when nobody waits for it any more. */
  | 'reply delayed beyond the timeout'
  /** The reply comes twice. */
  | 'reply duplicated'
  /** The broker asks to be left alone for a while. */
  | 'reply throttled'
  /** The broker did what it was asked, and the reply says that it did not. */
  | 'reply replaced'
  /** The broker never sees the request, and the reply says so. Produce only. */
  | 'request refused'

export interface Fault {
  readonly kind: FaultKind
  /** Number of the exchange; the first from there on that the fault is possible at. */
  readonly at: number
  readonly error?: ErrorName
  readonly place?: ErrorPlace
}

export const plainKinds: readonly FaultKind[] = [
  'request cut',
  'reply cut',
  'reply cut in the middle',
  'reply dropped',
  'reply delayed',
  'reply delayed beyond the timeout',
  'reply duplicated',
]

/** Errors with which a broker refuses to append: it has not. */
export const refusals: readonly ErrorName[] = [
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'KAFKA_STORAGE_ERROR',
  'NOT_ENOUGH_REPLICAS',
]

const throttleMs = 300

/** `reply 7 replaced by NOT_COORDINATOR in its items`. */
export function faultName({ kind, at, error, place }: Fault): string {
  const [side, ...verb] = kind.split(' ')
  const words = [side, at, ...verb]
  if (kind === 'reply replaced') words.push('by', error as string)
  if (kind === 'request refused') words.push('with', error as string)
  if (place === 'items') words.push('in its items')
  return words.join(' ')
}

/** The fault of a name; undefined when it is none. */
export function parseFault(name: string): Fault | undefined {
  const match = /^(request|reply) (\d+) (.*?)(?: (?:by|with) ([A-Z_]+)( in its items)?)?$/.exec(name)
  if (match === null) return undefined
  const [, side, number, verb, error, items] = match
  const kind = `${side} ${verb}` as FaultKind
  const isPlain = plainKinds.includes(kind) || kind === 'reply throttled'
  if (isPlain) return error === undefined ? { kind, at: Number(number) } : undefined
  if ((kind !== 'reply replaced' && kind !== 'request refused') || !errors.some((each) => each.name === error))
    return undefined
  const place = items === undefined ? 'everywhere' : 'items'
  return { kind, at: Number(number), error: error as ErrorName, place }
}

/** What the proxy does with a request: passes it on, cuts the connection, or answers it with these bytes. */
export type RequestAction = { readonly type: 'pass' | 'cut' } | { readonly type: 'answer'; readonly frame: Buffer }

/** What the proxy does with a reply. */
export type ReplyAction =
  | { readonly type: 'pass' | 'cut' | 'cut in the middle' | 'drop' | 'duplicate' }
  | { readonly type: 'delay'; readonly delayMs: number }
  | { readonly type: 'send'; readonly frame: Buffer }

const pass = { type: 'pass' } as const

/** How long a client waits for replies, at most: {@link FaultTimes.timeoutMs} by API, where it is not the usual. */
export interface FaultTimes {
  readonly delayMs: number
  /** Longer than any client waits for the reply of this API. */
  beyondMs(apiKey: number): number
}

/** Strikes once, at the first exchange where it can. */
export class Strike {
  readonly fault: Fault
  readonly #times: FaultTimes
  #exchange: Exchange | undefined

  constructor(fault: Fault, times: FaultTimes) {
    this.fault = fault
    this.#times = times
  }

  /** The exchange that it struck; undefined while it has not. */
  get exchange(): Exchange | undefined {
    return this.#exchange
  }

  onRequest(exchange: Exchange, frame: Buffer): RequestAction {
    const { kind, at, error } = this.fault
    if (this.#exchange !== undefined || exchange.number < at) return pass
    if (kind === 'request cut') {
      this.#strike(exchange)
      return { type: 'cut' }
    }
    if (kind !== 'request refused' || exchange.apiKey !== Produce.key) return pass
    this.#strike(exchange)
    return { type: 'answer', frame: refusal(frame, ErrorCode[error as ErrorName]) }
  }

  onReply(exchange: Exchange, frame: Buffer): ReplyAction {
    const { kind, at } = this.fault
    if (this.#exchange !== undefined || exchange.number < at || kind.startsWith('request')) return pass
    const action = this.#action(kind, exchange, frame)
    if (action.type !== 'pass') this.#strike(exchange)
    return action
  }

  #strike(exchange: Exchange): void {
    this.#exchange = exchange
    exchange.note = faultName(this.fault)
  }

  #action(kind: FaultKind, exchange: Exchange, frame: Buffer): ReplyAction {
    switch (kind) {
      case 'reply cut':
        return { type: 'cut' }
      case 'reply cut in the middle':
        return { type: 'cut in the middle' }
      case 'reply dropped':
        return { type: 'drop' }
      case 'reply delayed':
        return { type: 'delay', delayMs: this.#times.delayMs }
      case 'reply delayed beyond the timeout':
        return { type: 'delay', delayMs: this.#times.beyondMs(exchange.apiKey) }
      case 'reply duplicated':
        return { type: 'duplicate' }
      default: {
        const changed = this.#changed(exchange, frame)
        return changed === undefined ? pass : { type: 'send', frame: changed }
      }
    }
  }

  /** Undefined where the reply has no place for it, or the error none in this API. */
  #changed({ apiKey, apiVersion }: Exchange, frame: Buffer): Buffer | undefined {
    const api = apiByKey(apiKey)
    const { kind, error, place = 'everywhere' } = this.fault
    if (api === undefined) return undefined
    if (kind === 'reply throttled') {
      return canThrottle(api, apiVersion) ? withThrottle(api, apiVersion, frame, throttleMs) : undefined
    }
    if (error === undefined || !retriableErrorsOf(apiKey).includes(error)) return undefined
    return withError(api, apiVersion, frame, error, place)
  }
}

/** Whether the table of errors has it as one that may pass. */
export function isRetriable(error: ErrorName): boolean {
  return errorByCode(ErrorCode[error])?.retriable === true
}
