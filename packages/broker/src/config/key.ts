/** What a configuration key is: one row of the tables beside this file, and the words rows are written in. */
import { assert } from '@millrace/base'

/** Kafka's types of configuration values. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password'

/** A parsed value: `long` is a bigint, because Kafka's "unlimited" is 2^63-1; `class` and `password` are their text. */
export type ConfigValue = boolean | number | bigint | string | readonly string[] | null

/** What a value must satisfy beyond its type. */
export interface ValidValues {
  /** As Kafka prints it: `[0,...]`, `[a, b]`. */
  readonly text: string
  /** Kafka's complaint about this value of this key; `undefined` when it is fine. */
  problem(name: string, value: ConfigValue): string | undefined
}

export type Importance = 'high' | 'medium' | 'low'

/**
 * Who may change a broker key while it runs: nobody; one broker for itself; or that and the whole cluster. A key of a topic, a group
 * or a client-metrics subscription has none: it can always be changed.
 */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/**
 * What Millrace does with a key. Nothing is ignored in silence:
 * - `served`: it has its effect. With `values`, only these are served so far; with `onlyAtStart`, it can not yet be changed later.
 * - `accepted`: it has no effect here by design, and that is harmless. Setting it is logged, with the reason.
 * - `deferred`: it is stored and shown, and has no effect yet. Setting it is logged, with the reason.
 * - `unsupported`: any value but the default is refused.
 */
export type Support =
  | { readonly kind: 'served'; readonly values?: readonly string[]; readonly onlyAtStart?: true }
  | { readonly kind: 'accepted'; readonly why: string }
  | { readonly kind: 'deferred'; readonly why: string }
  | { readonly kind: 'unsupported' }

/** Type, default and range of a key: what `int(1, atLeast(1))` in a row makes. */
export interface ValueSpec {
  readonly type: ConfigType
  readonly default: ConfigValue
  readonly isRequired: boolean
  readonly valid: ValidValues | undefined
}

export interface ConfigKey extends ValueSpec {
  /** Kafka's name. */
  readonly name: string
  readonly importance: Importance
  readonly update: UpdateMode | undefined
  readonly support: Support
  /** Works in the file, and is neither described nor documented. */
  readonly isInternal: boolean
  /** Exists only as a dynamic config: not allowed in the file, described only when set. */
  readonly isDynamicOnly: boolean
  /** Dynamic only in the form `listener.name.<listener>.<key>`. */
  readonly isListenerScoped: boolean
}

/** A broker key that gives a topic or group key its default: the first with a value wins. */
export interface BrokerSource {
  readonly name: string
  /** Turns the broker key's unit into the key's own: hours into ms. */
  readonly factor: number
}

/** A key of a topic or of a group. */
export interface ResourceKey extends ConfigKey {
  readonly brokerSources: readonly BrokerSource[]
}

export type ConfigTable<K extends ConfigKey = ConfigKey> = ReadonlyMap<string, K>

/** The rows of a table by name. */
export function tableOf<K extends ConfigKey>(rows: readonly K[]): ConfigTable<K> {
  const table = new Map(rows.map((row) => [row.name, row]))
  assert(table.size === rows.length, 'a configuration table names each key once')
  return table
}

/** Values that the key neither parses to nor rejects on its own: "no value". */
const spec = (type: ConfigType, value: ConfigValue, valid?: ValidValues): ValueSpec => ({
  type,
  default: value,
  isRequired: false,
  valid,
})

export const bool = (value: boolean): ValueSpec => spec('boolean', value)
export const int = (value: number | null, valid?: ValidValues): ValueSpec => spec('int', value, valid)
export const short = (value: number | null, valid?: ValidValues): ValueSpec => spec('short', value, valid)
export const double = (value: number, valid?: ValidValues): ValueSpec => spec('double', value, valid)
export const text = (value: string | null, valid?: ValidValues): ValueSpec => spec('string', value, valid)
export const list = (value: readonly string[] | null, valid?: ValidValues): ValueSpec => spec('list', value, valid)
export const javaClass = (value: string | null): ValueSpec => spec('class', value)
export const password = (): ValueSpec => spec('password', null)
export const long = (value: number | bigint | null, valid?: ValidValues): ValueSpec =>
  spec('long', value === null ? null : BigInt(value), valid)

/** There is no default: the file must give a value. */
export const required = (value: ValueSpec): ValueSpec => ({ ...value, default: null, isRequired: true })

/** Kafka's way to write "unlimited" for a long, and for an int. */
export const longMax = 9_223_372_036_854_775_807n
export const intMax = 2_147_483_647

/** A row of a table of broker keys. */
export function key(
  name: string,
  value: ValueSpec,
  importance: Importance,
  update: UpdateMode | undefined,
  support: Support,
): ConfigKey {
  return {
    name,
    ...value,
    importance,
    update,
    support,
    isInternal: false,
    isDynamicOnly: false,
    isListenerScoped: false,
  }
}

export const internal = <K extends ConfigKey>(row: K): K => ({ ...row, isInternal: true })
export const dynamicOnly = (row: ConfigKey): ConfigKey => ({ ...row, isDynamicOnly: true })
export const listenerScoped = (row: ConfigKey): ConfigKey => ({ ...row, isListenerScoped: true })

/** A row of a table of topic, group or client-metrics keys. `sources` are broker keys, `*<factor>` after one converts its unit. */
export function resourceKey(
  name: string,
  value: ValueSpec,
  support: Support,
  ...sources: readonly string[]
): ResourceKey {
  const brokerSources = sources.map((source) => {
    const [brokerKey = '', factor = '1'] = source.split('*')
    return { name: brokerKey, factor: Number(factor) }
  })
  return { ...key(name, value, 'medium', undefined, support), brokerSources }
}
