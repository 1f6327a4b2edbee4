/** What one version of a schema looks like on the wire, with all version rules resolved. Readers and writers are made from it. */
import { assert } from '@millrace/base'
import { defaultStruct, defaultValue } from './default-value.ts'
import { type Field, type Fields, isField } from './field.ts'
import type { Schema } from './schema.ts'
import { includesVersion } from './version-range.ts'

/** How one value is written. */
export type ValuePlan =
  | { readonly kind: 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'float64' | 'uuid' }
  | { readonly kind: 'int64'; readonly wide: boolean }
  | { readonly kind: 'string' | 'bytes' | 'records'; readonly nullable: boolean; readonly compact: boolean }
  | { readonly kind: 'array'; readonly nullable: boolean; readonly compact: boolean; readonly item: ValuePlan }
  | { readonly kind: 'struct'; readonly nullable: boolean; readonly tagged: boolean; readonly struct: StructPlan }

/** A field of one version. */
export interface FieldPlan {
  readonly name: string
  readonly field: Field
  readonly value: ValuePlan
  readonly initial: unknown
}

/** A struct of one version. */
export interface StructPlan {
  /** Every declared field at its default: what decoding starts from. */
  readonly defaults: Readonly<Record<string, unknown>>
  /** The fields in wire order. */
  readonly fields: readonly FieldPlan[]
  /** The fields of the tagged section, by ascending tag. */
  readonly tagged: readonly (FieldPlan & { readonly tag: number })[]
  /** Fields this version lacks and that must then be at their default. */
  readonly refused: readonly { readonly name: string; readonly field: Field }[]
  /** True when a tagged section follows. */
  readonly flexible: boolean
  readonly wide: boolean
}

interface Version {
  readonly number: number
  readonly flexible: boolean
  readonly wide: boolean
}

/** Resolves `schema` for `version`. `wide` makes every int64 a bigint, for tests of the full range. */
export function planSchema(schema: Schema, version: number, wide = false): StructPlan {
  return planStruct(schema.fields, { number: version, flexible: version >= schema.flexible, wide })
}

function planStruct(fields: Fields, version: Version): StructPlan {
  const present: FieldPlan[] = []
  const tagged: (FieldPlan & { tag: number })[] = []
  const refused: { name: string; field: Field }[] = []
  for (const name of Object.keys(fields)) {
    const field = fields[name] as Field
    const { v, tag, ignorable } = field.rules
    if (v !== undefined && !includesVersion(v, version.number)) {
      if (!ignorable) refused.push({ name, field })
      continue
    }
    const plan = { name, field, value: planValue(field, version), initial: defaultValue(field, version.wide) }
    if (tag === undefined) {
      present.push(plan)
    } else {
      assert(version.flexible, `${name} to have versions with tagged sections only`)
      assert(field.kind !== 'records', `${name} not to be tagged: records may be external, and their size follows late`)
      tagged.push({ ...plan, tag })
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const { flexible, wide } = version
  return { defaults: defaultStruct(fields, wide), fields: present, tagged, refused, flexible, wide }
}

function planValue(field: Field, version: Version): ValuePlan {
  const { kind, rules } = field
  const nullable = includesVersion(rules.nullable, version.number)
  const compact = version.flexible && rules.classic !== true
  switch (kind) {
    case 'int64':
      return { kind, wide: version.wide || rules.wide === true }
    case 'string':
    case 'bytes':
    case 'records':
      return { kind, nullable, compact }
    case 'array':
      return { kind, nullable, compact, item: planItem(field.item ?? {}, version) }
    case 'struct':
      return { kind, nullable, tagged: rules.tag !== undefined, struct: planStruct(field.fields ?? {}, version) }
    default:
      return { kind }
  }
}

function planItem(item: Field | Fields, version: Version): ValuePlan {
  if (isField(item)) return planValue(item, version)
  return { kind: 'struct', nullable: false, tagged: false, struct: planStruct(item, version) }
}

const fixedSizes = { bool: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, float64: 8, uuid: 16 }

/** The fewest bytes a value can take: what bounds the count of an array before anything is allocated. */
export function leastSize(value: ValuePlan): number {
  switch (value.kind) {
    case 'string':
      return value.compact ? 1 : 2
    case 'bytes':
    case 'records':
    case 'array':
      return value.compact ? 1 : 4
    case 'struct': {
      if (value.nullable) return 1
      let size = value.struct.flexible ? 1 : 0
      for (const field of value.struct.fields) size += leastSize(field.value)
      return size
    }
    default:
      return fixedSizes[value.kind]
  }
}
