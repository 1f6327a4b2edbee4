/** What users do with a client, as a case: everything through the proxy, and judged at the end. */
import type { ClusterEvent, ClusterOptions } from '@millrace/client'
import type { Direct } from '../direct.ts'
import type { Fault } from '../fault.ts'
import type { ExchangeLog } from '../proxy/exchange-log.ts'

/** What a case gives its flow. */
export interface FlowContext {
  /** Unlike that of every other case: names of topics and groups begin with it. */
  readonly name: string
  /** Options of every client: where the proxy is, and short timeouts. */
  readonly client: ClusterOptions
  /** How long a member may not be heard of: longer than the broker is away. */
  readonly sessionTimeoutMs: number
  /** Around the proxy. */
  readonly direct: Direct
  /** What happened to the client's connections. */
  readonly events: readonly ClusterEvent[]
  readonly log: ExchangeLog
  /** What the proxy does to one exchange; undefined when it does nothing. */
  readonly fault: Fault | undefined
  /** Called once, when about a third of the work is done: what the case does to the broker. */
  disturb(): Promise<void>
  /** Calls `listener` for every offset that a client asks to commit. */
  onCommit(listener: (partition: number, offset: number) => void): void
  /** Registers what the flow wants to be said about it when it does not end. */
  describe(state: () => string): void
  /** Registers what has to be closed however the flow ends. */
  own(client: { close(options?: { timeoutMs?: number }): Promise<void> }): void
}

export interface Flow {
  readonly name: string
  /** How long replies take to the client: time in which it goes on. Default 0. */
  readonly latencyMs?: number
  /** Makes topics and records, around the proxy. Gives the names of the topics that go with the case. */
  prepare(context: FlowContext): Promise<readonly string[]>
  /** Throws FaultFailure for what is promised and not kept. */
  run(context: FlowContext): Promise<void>
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

/** Waits until it is so; the case has a limit for all waiting together. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(10)
}
