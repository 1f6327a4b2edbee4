/** Typed topics: a name with the way its keys and values become bytes and come back. */

import { bytes, type Serde } from '@millrace/serde'

/** A topic whose keys are `K` and values are `V`. */
export interface Topic<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * A typed topic.
 *
 * ```ts
 * const names = topic('names', { key: string(), value: string() })
 * ```
 */
export function topic<K = Buffer, V = Buffer>(
  name: string,
  serdes: { readonly key?: Serde<K>; readonly value?: Serde<V> } = {},
): Topic<K, V> {
  return {
    name,
    key: serdes.key ?? (bytes() as unknown as Serde<K>),
    value: serdes.value ?? (bytes() as unknown as Serde<V>),
  }
}
