/** Makes a writer function of a plan: closures, put together once per schema and version. */
import type { RecordsValue } from '../chunk.ts'
import { isDefault } from './default-value.ts'
import { within } from './failure.ts'
import type { RawTaggedField } from './field.ts'
import type { StructPlan, ValuePlan } from './plan.ts'
import type { Writer } from './writer.ts'

export type Write = (writer: Writer, value: unknown) => void
type Struct = Readonly<Record<string, unknown>>

/** A function that writes one struct of `plan`, tagged section included. */
export function structWriter(plan: StructPlan): Write {
  const names = plan.fields.map((field) => field.name)
  const initials = plan.fields.map((field) => field.initial)
  const writes = plan.fields.map((field) => valueWriter(field.value))
  const count = names.length
  const checkRefused = plan.refused.length > 0 ? refusedCheck(plan) : undefined
  const writeTagged = plan.flexible ? taggedWriter(plan) : undefined
  return (writer, value) => {
    if (typeof value !== 'object' || value === null) writer.fail('invalid-value', 'expected an object with fields')
    const struct = value as Struct
    checkRefused?.(writer, struct)
    let index = 0
    try {
      for (; index < count; index++) {
        const own = struct[names[index] as string]
        ;(writes[index] as Write)(writer, own === undefined ? initials[index] : own)
      }
    } catch (error) {
      throw within(error, names[index] as string)
    }
    writeTagged?.(writer, struct)
  }
}

function refusedCheck(plan: StructPlan): (writer: Writer, struct: Struct) => void {
  const { refused, wide } = plan
  return (writer, struct) => {
    for (const { name, field } of refused) {
      if (isDefault(field, struct[name], wide)) continue
      try {
        writer.fail('unsupported-field', 'this version lacks the field, and its value must not be dropped')
      } catch (error) {
        throw within(error, name)
      }
    }
  }
}

interface TaggedEntry {
  readonly tag: number
  readonly write: (writer: Writer) => void
}

function taggedWriter(plan: StructPlan): (writer: Writer, struct: Struct) => void {
  const fields = plan.tagged.map((field) => ({ ...field, write: valueWriter(field.value) }))
  const { wide } = plan
  return (writer, struct) => {
    const unknown = struct.unknownTaggedFields as readonly RawTaggedField[] | undefined
    let entries: TaggedEntry[] | undefined
    for (const { name, tag, field, initial, write } of fields) {
      const value = struct[name]
      if (value === undefined || value === initial || isDefault(field, value, wide)) continue
      entries ??= []
      entries.push({ tag, write: (target) => writeNamed(target, name, write, value) })
    }
    if (unknown !== undefined && unknown.length > 0) entries = mergeUnknown(writer, entries ?? [], unknown)
    if (entries === undefined) return writer.unsignedVarint(0)
    writer.unsignedVarint(entries.length)
    for (const { tag, write } of entries) {
      writer.unsignedVarint(tag)
      writer.sized(() => write(writer))
    }
  }
}

function writeNamed(writer: Writer, name: string, write: Write, value: unknown): void {
  try {
    write(writer, value)
  } catch (error) {
    throw within(error, name)
  }
}

function mergeUnknown(writer: Writer, known: TaggedEntry[], unknown: readonly RawTaggedField[]): TaggedEntry[] {
  const entries = [...known]
  for (const { tag, bytes } of unknown) {
    if (known.some((entry) => entry.tag === tag)) {
      writer.fail('invalid-value', `tag ${tag} is given as an unknown tagged field, but this version knows it`)
    }
    entries.push({ tag, write: (target) => target.raw(bytes) })
  }
  return entries.sort((a, b) => a.tag - b.tag)
}

function valueWriter(value: ValuePlan): Write {
  switch (value.kind) {
    case 'bool':
      return (writer, own) => writer.bool(own)
    case 'int8':
      return (writer, own) => writer.int8(own)
    case 'int16':
      return (writer, own) => writer.int16(own)
    case 'uint16':
      return (writer, own) => writer.uint16(own)
    case 'int32':
      return (writer, own) => writer.int32(own)
    case 'uint32':
      return (writer, own) => writer.uint32(own)
    case 'int64':
      return value.wide ? (writer, own) => writer.int64Wide(own) : (writer, own) => writer.int64(own)
    case 'float64':
      return (writer, own) => writer.float64(own)
    case 'uuid':
      return (writer, own) => writer.uuid(own)
    case 'string':
      return stringWriter(value.nullable, value.compact)
    case 'bytes':
      return nullableWriter(value.nullable, value.compact, (writer, own) => writer.bytes(own, value.compact))
    case 'records':
      return nullableWriter(value.nullable, value.compact, (writer, own) =>
        writer.records(own as Exclude<RecordsValue, null>, value.compact),
      )
    case 'array':
      return nullableWriter(value.nullable, value.compact, arrayWriter(value.item, value.compact))
    case 'struct':
      return nestedWriter(value)
  }
}

function refuseNull(writer: Writer): never {
  return writer.fail('unexpected-null', 'this version does not allow null')
}

function stringWriter(nullable: boolean, compact: boolean): Write {
  const write: Write = compact ? (writer, own) => writer.compactString(own) : (writer, own) => writer.string(own)
  return (writer, own) => {
    if (own !== null) return write(writer, own)
    if (!nullable) refuseNull(writer)
    if (compact) writer.unsignedVarint(0)
    else writer.int16(-1)
  }
}

function nullableWriter(nullable: boolean, compact: boolean, write: Write): Write {
  return (writer, own) => {
    if (own !== null) return write(writer, own)
    if (!nullable) refuseNull(writer)
    writer.length(-1, compact)
  }
}

function arrayWriter(item: ValuePlan, compact: boolean): Write {
  const write = valueWriter(item)
  return (writer, own) => {
    if (!Array.isArray(own)) writer.fail('invalid-value', 'expected an array')
    const items = own as readonly unknown[]
    writer.length(items.length, compact)
    let index = 0
    try {
      for (; index < items.length; index++) write(writer, items[index])
    } catch (error) {
      throw within(error, index)
    }
  }
}

function nestedWriter(value: ValuePlan & { kind: 'struct' }): Write {
  const write = structWriter(value.struct)
  const { nullable, tagged } = value
  return (writer, own) => {
    if (own === null) {
      if (!nullable) refuseNull(writer)
      // Kafka marks a null struct with int8 -1, but in a tagged section with an unsigned varint 0.
      return tagged ? writer.unsignedVarint(0) : writer.int8(-1)
    }
    if (nullable) writer.int8(1)
    write(writer, own)
  }
}
