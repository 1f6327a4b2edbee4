/** The outcome of one item of many: operations on several topics, groups or partitions answer one each. */
import { brokerError, type MillraceError } from '@millrace/client'
import { ErrorCode } from '@millrace/protocol'

/** The outcome of one item: its value, or why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MillraceError }

/** By the name or id that was asked for. */
export type Results<T> = ReadonlyMap<string, Result<T>>

export function succeeded<T>(value: T): Result<T> {
  return { ok: true, value }
}

/** The outcome for a broker's error code: `value` when it is none. `what` begins a sentence: `Creating topic "orders"`. */
export function resultOf<T>(
  code: number,
  what: string,
  apiName: string,
  detail: string | null | undefined,
  value: () => T,
): Result<T> {
  return code === ErrorCode.NONE ? succeeded(value()) : { ok: false, error: brokerError(code, what, apiName, detail) }
}

/** All values, or the first error thrown: for callers to whom a partial success is a failure. */
export function valuesOf<T>(results: Results<T>): ReadonlyMap<string, T> {
  const values = new Map<string, T>()
  for (const [name, result] of results) {
    if (!result.ok) throw result.error
    values.set(name, result.value)
  }
  return values
}
