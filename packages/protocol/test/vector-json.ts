/** Turns the JSON of a vector into the value our codec takes and gives. */
import { defaultValue } from '../src/schema/default-value.ts'
import { type Field, type Fields, isField } from '../src/schema/field.ts'

/**
 * `complete` fills in what the vector leaves out (fields of other versions, tags at their default), as decoding does. `wide` makes
 * every int64 a bigint.
 */
export function fromVectorJson(
  fields: Fields,
  json: Record<string, unknown>,
  unknownTags: readonly { tag: number; hex: string }[],
  wide: boolean,
  complete = false,
): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const name of Object.keys(json)) {
    if (!(name in fields)) throw new Error(`the vector has a field ${name} that the schema lacks`)
  }
  for (const [name, field] of Object.entries(fields)) {
    if (name in json) value[name] = fieldValue(field, json[name], wide, complete)
    else if (complete) value[name] = defaultValue(field, wide)
  }
  if (unknownTags.length > 0) {
    value.unknownTaggedFields = unknownTags.map(({ tag, hex }) => ({ tag, bytes: Buffer.from(hex, 'hex') }))
  }
  return value
}

function fieldValue(field: Field, json: unknown, wide: boolean, complete: boolean): unknown {
  if (json === null) return null
  switch (field.kind) {
    case 'int64':
      return wide || field.rules.wide ? BigInt(json as string | number) : Number(json)
    case 'bytes':
      return Buffer.from(json as string, 'base64')
    case 'records':
      return Buffer.from((json as { recordsHex: string }).recordsHex, 'hex')
    case 'array':
      return (json as unknown[]).map((item) => itemValue(field.item as Field | Fields, item, wide, complete))
    case 'struct':
      return fromVectorJson(field.fields as Fields, json as Record<string, unknown>, [], wide, complete)
    default:
      return json
  }
}

function itemValue(item: Field | Fields, json: unknown, wide: boolean, complete: boolean): unknown {
  if (isField(item)) return fieldValue(item, json, wide, complete)
  return fromVectorJson(item, json as Record<string, unknown>, [], wide, complete)
}
