/** The values of a table of keys: what was set where it was, else the default; typed by the reader, exact underneath. */
import { assert } from '@millrace/base'
import type { ConfigKey, ConfigTable, ConfigValue } from './key.ts'
import { formatValue, parseValue } from './value.ts'

/** Stands for every long beyond 2^53: nothing that Millrace counts gets there, so it means "no limit". */
export const unlimited = Number.MAX_SAFE_INTEGER

/** A long as a number: exact up to 2^53, beyond that {@link unlimited}. */
export function longToNumber(value: bigint): number {
  if (value > BigInt(unlimited)) return unlimited
  return value < BigInt(-unlimited) ? -unlimited : Number(value)
}

/** Reads values by the type the caller expects; asking for another type than the key's is a bug. */
export class ConfigValues {
  readonly #table: ConfigTable
  readonly #values: ReadonlyMap<string, ConfigValue>

  /** `values` holds what differs from, or repeats, the defaults: parsed by the table's keys. */
  constructor(table: ConfigTable, values: ReadonlyMap<string, ConfigValue>) {
    this.#table = table
    this.#values = values
  }

  /** From texts that are known to parse. Names that are not in the table are left out. */
  static parse(table: ConfigTable, texts: ReadonlyMap<string, string>): ConfigValues {
    const values = new Map<string, ConfigValue>()
    for (const [name, text] of texts) {
      const key = table.get(name)
      if (key === undefined) continue
      const parsed = parseValue(key, text)
      assert(parsed.kind === 'value', `the value of ${name} was checked before`)
      values.set(name, parsed.value)
    }
    return new ConfigValues(table, values)
  }

  get(name: string): ConfigValue {
    const value = this.#values.get(name)
    return value === undefined ? this.#key(name).default : value
  }

  isSet(name: string): boolean {
    return this.#values.has(name)
  }

  /** As Kafka shows it; null for no value. */
  format(name: string): string | null {
    return formatValue(this.#key(name).type, this.get(name))
  }

  /** An int, short or double, or a long by {@link longToNumber}. */
  number(name: string): number {
    const value = this.numberOrNull(name)
    assert(value !== null, `${name} has a value`)
    return value
  }

  numberOrNull(name: string): number | null {
    const value = this.get(name)
    if (value === null) return null
    if (typeof value === 'bigint') return longToNumber(value)
    assert(typeof value === 'number', `${name} is a number`)
    return value
  }

  boolean(name: string): boolean {
    const value = this.get(name)
    assert(typeof value === 'boolean', `${name} is a boolean`)
    return value
  }

  text(name: string): string {
    const value = this.textOrNull(name)
    assert(value !== null, `${name} has a value`)
    return value
  }

  textOrNull(name: string): string | null {
    const value = this.get(name)
    assert(value === null || typeof value === 'string', `${name} is text`)
    return value
  }

  list(name: string): readonly string[] {
    const value = this.listOrNull(name)
    assert(value !== null, `${name} has a value`)
    return value
  }

  listOrNull(name: string): readonly string[] | null {
    const value = this.get(name)
    assert(value === null || Array.isArray(value), `${name} is a list`)
    return value
  }

  #key(name: string): ConfigKey {
    const key = this.#table.get(name)
    assert(key !== undefined, `${name} is a key of this table`)
    return key
  }
}
