/** What the operations of an admin client are made of: a request, sent again while its errors say that this may help. */
import { brokerError, type Cluster, type MillraceError, type RetryOptions, type SendOptions } from '@millrace/client'
import { type Api, ErrorCode, type Fields, type Input, type Static } from '@millrace/protocol'
import type { Result, Results } from './result.ts'

/** How long an operation may take, and what ends it earlier. */
export interface OperationOptions {
  readonly signal?: AbortSignal
  /** How long to go on trying. Default: the cluster's `retryTimeoutMs`, 60 s. */
  readonly timeoutMs?: number
}

/** How long a controller may take over an operation: told to the broker. */
export const controllerTimeoutMs = 30_000

/** Sends a request; tried again only when it got no answer. */
export function ask<const Req extends Fields, const Res extends Fields>(
  cluster: Cluster,
  api: Api<Req, Res>,
  body: Input<Req> | ((version: number) => Input<Req>),
  options: OperationOptions & SendOptions = {},
): Promise<Static<Res>> {
  const attempt = (timeoutMs: number) => cluster.send(api, body, { ...options, timeoutMs })
  return retry(cluster, attempt, options)
}

/** As {@link ask}, for answers with one error code: it is thrown, or tried again. */
export function askOnce<const Req extends Fields, const Res extends Fields>(
  cluster: Cluster,
  api: Api<Req, Res>,
  body: Input<Req> | ((version: number) => Input<Req>),
  what: string,
  codeOf: (response: Static<Res>) => { readonly code: number; readonly detail?: string | null },
  options: OperationOptions & SendOptions = {},
): Promise<Static<Res>> {
  const attempt = async (timeoutMs: number) => {
    const response = await cluster.send(api, body, { ...options, timeoutMs })
    const { code, detail } = codeOf(response)
    if (code !== ErrorCode.NONE) throw brokerError(code, what, api.name, detail)
    return response
  }
  return retry(cluster, attempt, options)
}

/**
 * For operations that answer each item for itself: `attempt` gets the items, then again those whose errors may pass. Gives the last
 * result of each; rejects when an item never got one.
 */
export async function askEach<Item, T>(
  cluster: Cluster,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  attempt: (items: readonly Item[], timeoutMs: number) => Promise<Results<T>>,
  options: OperationOptions & Pick<RetryOptions, 'group'> = {},
): Promise<Results<T>> {
  const results = new Map<string, Result<T>>()
  let open = items
  const round = async (timeoutMs: number) => {
    if (open.length === 0) return
    for (const [key, result] of await attempt(open, timeoutMs)) results.set(key, result)
    let passing: MillraceError | undefined
    open = open.filter((item) => {
      const result = results.get(keyOf(item))
      if (result === undefined || result.ok || !mayPass(result.error)) return false
      passing = result.error
      return true
    })
    if (passing !== undefined) throw passing
  }
  try {
    await retry(cluster, round, options)
  } catch (error) {
    if (options.signal?.aborted || !items.every((item) => results.has(keyOf(item)))) throw error
  }
  return results
}

/** As {@link askEach}, where each item has a request of its own; they are sent at the same time. */
export async function askOneByOne<Item, T>(
  cluster: Cluster,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  attempt: (item: Item, timeoutMs: number) => Promise<Result<T>>,
  optionsOf: (item: Item) => OperationOptions & Pick<RetryOptions, 'group'>,
): Promise<Results<T>> {
  const answers = await Promise.all(
    items.map((item) => {
      const only = async (_: readonly Item[], timeoutMs: number) =>
        new Map([[keyOf(item), await attempt(item, timeoutMs)]])
      return askEach(cluster, [item], keyOf, only, optionsOf(item))
    }),
  )
  return new Map(answers.flatMap((answer) => [...answer]))
}

/** That something does not exist is an answer, though Kafka's table has it as retriable. So is that the broker ran out of time. */
const answers: ReadonlySet<number | undefined> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.REQUEST_TIMED_OUT,
])

function mayPass({ retriable, brokerCode }: MillraceError): boolean {
  return retriable && !answers.has(brokerCode)
}

/** A try has the time of one request: an answer that never comes leaves time for another one. */
export function retry<T>(
  cluster: Cluster,
  attempt: (timeoutMs: number) => Promise<T>,
  { signal, timeoutMs, group }: OperationOptions & SendOptions,
): Promise<T> {
  const { requestTimeoutMs } = cluster
  return cluster.retry((remainingMs) => attempt(Math.min(remainingMs, requestTimeoutMs)), { signal, timeoutMs, group })
}
