/** The layers above a topic or a group: its own configs first, then the broker's keys for the same thing, then the default. */
import { ConfigValues } from './config-values.ts'
import type { ConfigTable, ConfigValue, ResourceKey } from './key.ts'
import { judgeSupport } from './support.ts'
import { parseValue } from './value.ts'

/**
 * Resolves a resource's configs. Own texts come from the metadata log, where another version of Kafka may have put them: one that
 * does not parse, or that nobody knows, is left out.
 */
export function resolveResource(
  table: ConfigTable<ResourceKey>,
  broker: ConfigValues,
  own: ReadonlyMap<string, string>,
): ConfigValues {
  const values = new Map<string, ConfigValue>()
  for (const key of table.values()) values.set(key.name, inheritedValue(key, broker))
  for (const [name, text] of own) {
    const key = table.get(name)
    if (key === undefined) continue
    const parsed = parseValue(key, text)
    if (parsed.kind === 'value') values.set(name, parsed.value)
  }
  return new ConfigValues(table, values)
}

/** Why a config that was set by another version of Kafka has no, or not its full, effect; `undefined` when it has. */
export function foreignConfigNotice(table: ConfigTable, name: string, text: string): string | undefined {
  const key = table.get(name)
  if (key === undefined) return `${name} is not a known key and has no effect`
  if (key.update === 'read-only') return `${name} can not change while the broker runs and has no effect`
  const parsed = parseValue(key, text)
  if (parsed.kind === 'problem') return `${parsed.message}; it has no effect`
  const verdict = judgeSupport(key, parsed.value)
  return verdict.kind === 'refused' ? verdict.message : undefined
}

/** What the resource has without a config of its own. */
export function inheritedValue(key: ResourceKey, broker: ConfigValues): ConfigValue {
  for (const { name, factor } of key.brokerSources) {
    const value = broker.get(name)
    if (value === null) continue
    if (key.type !== 'long' || (typeof value !== 'number' && typeof value !== 'bigint')) return value
    const converted = BigInt(value) * BigInt(factor)
    // A negative time in another unit still means "no limit".
    return factor !== 1 && converted < 0n ? -1n : converted
  }
  return key.default
}
