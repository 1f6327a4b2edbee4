/** The initial value of a field, which stands for it when a sender or a version leaves it out. */
import { zeroUuid } from '@millrace/base'
import type { Field, Fields } from './field.ts'

const noBytes = Buffer.alloc(0)
const noItems: readonly unknown[] = Object.freeze([])

/** `wide` treats every int64 as a bigint. Defaults are shared between messages, and therefore frozen. */
export function defaultValue(field: Field, wide: boolean): unknown {
  const { rules } = field
  switch (field.kind) {
    case 'bool':
      return rules.default ?? false
    case 'int64':
      return wide || rules.wide ? BigInt((rules.default as number | bigint | undefined) ?? 0) : (rules.default ?? 0)
    case 'uuid':
      return zeroUuid
    case 'string':
      return rules.default === null ? null : ''
    case 'bytes':
    case 'records':
      return rules.default === null ? null : noBytes
    case 'array':
      return rules.default === null ? null : noItems
    case 'struct':
      return rules.default === null ? null : defaultStruct(field.fields ?? {}, wide)
    default:
      return rules.default ?? 0
  }
}

/** A struct with every field at its default, in the order of declaration. */
export function defaultStruct(fields: Fields, wide: boolean): Readonly<Record<string, unknown>> {
  const value: Record<string, unknown> = {}
  for (const name of Object.keys(fields)) value[name] = defaultValue(fields[name] as Field, wide)
  return Object.freeze(value)
}

/** True when an input value means the default: a tag is then not written, and a version may lack the field. */
export function isDefault(field: Field, value: unknown, wide: boolean): boolean {
  if (value === undefined) return true
  const initial = defaultValue(field, wide)
  if (value === null || initial === null) return value === initial
  switch (field.kind) {
    case 'int64':
      return typeof initial === 'bigint' && typeof value === 'number' ? BigInt(value) === initial : value === initial
    case 'bytes':
    case 'records':
      return typeof value === 'object' && isEmpty(value)
    case 'array':
      return Array.isArray(value) && value.length === 0
    case 'struct':
      return typeof value === 'object' && isDefaultStruct(field.fields ?? {}, value as Record<string, unknown>, wide)
    default:
      return value === initial
  }
}

function isEmpty(value: object): boolean {
  if (Array.isArray(value)) return value.every((chunk) => typeof chunk === 'object' && chunk !== null && isEmpty(chunk))
  return 'byteLength' in value && value.byteLength === 0
}

function isDefaultStruct(fields: Fields, value: Record<string, unknown>, wide: boolean): boolean {
  const { unknownTaggedFields } = value
  if (Array.isArray(unknownTaggedFields) && unknownTaggedFields.length > 0) return false
  for (const name of Object.keys(fields)) {
    if (!isDefault(fields[name] as Field, value[name], wide)) return false
  }
  return true
}
