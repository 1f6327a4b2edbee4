/** What the operations of an admin client are made of: a request, sent again while its errors say that this may help. */
import { brokerError, type Cluster, type RetryOptions, type SendOptions } from '@millrace/client'
import { type Api, ErrorCode, type Fields, type Input, type Static } from '@millrace/protocol'

export interface OperationOptions {
  readonly signal?: AbortSignal
  /** How long to go on trying. Default: the cluster's `retryTimeoutMs`, 60 s. */
  readonly timeoutMs?: number
}

/** How long a controller may take over an operation: told to the broker. */
export const controllerTimeoutMs = 30_000

/** Sends a request that answers each of its items for itself; tried again only when it got no answer. */
export function ask<const Req extends Fields, const Res extends Fields>(
  cluster: Cluster,
  api: Api<Req, Res>,
  body: Input<Req> | ((version: number) => Input<Req>),
  options: OperationOptions & SendOptions = {},
): Promise<Static<Res>> {
  return cluster.retry((timeoutMs) => cluster.send(api, body, { ...options, timeoutMs }), retryOptions(options))
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
  return cluster.retry(attempt, retryOptions(options))
}

function retryOptions({ signal, timeoutMs, group }: OperationOptions & SendOptions): RetryOptions {
  return { signal, timeoutMs, group }
}
