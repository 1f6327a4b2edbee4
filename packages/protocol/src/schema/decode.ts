/** Makes a reader function of a plan: closures, put together once per schema and version. */

import { within } from './failure.ts'
import type { RawTaggedField } from './field.ts'
import { leastSize, type StructPlan, type ValuePlan } from './plan.ts'
import type { Reader } from './reader.ts'

export type Read = (reader: Reader) => unknown

/** A function that reads one struct of `plan`, tagged section included. */
export function structReader(plan: StructPlan): (reader: Reader) => Record<string, unknown> {
  const names = plan.fields.map((field) => field.name)
  const reads = plan.fields.map((field) => valueReader(field.value))
  const count = names.length
  const readTagged = plan.flexible ? taggedReader(plan) : undefined
  const { defaults } = plan
  return (reader) => {
    const struct: Record<string, unknown> = { ...defaults }
    let index = 0
    try {
      for (; index < count; index++) struct[names[index] as string] = (reads[index] as Read)(reader)
    } catch (error) {
      throw within(error, names[index] as string)
    }
    readTagged?.(reader, struct)
    return struct
  }
}

function taggedReader(plan: StructPlan): (reader: Reader, struct: Record<string, unknown>) => void {
  const known = new Map(plan.tagged.map(({ tag, name, value }) => [tag, { name, read: valueReader(value) }]))
  return (reader, struct) => {
    const count = reader.unsignedVarint()
    if (count === 0) return
    if (count > reader.remaining / 2) {
      reader.fail('truncated', `${count} tagged fields announced, ${reader.remaining} bytes are left`)
    }
    let unknown: RawTaggedField[] | undefined
    for (let index = 0; index < count; index++) {
      const tag = reader.unsignedVarint()
      const size = reader.unsignedVarint()
      const field = known.get(tag)
      if (field === undefined) {
        unknown ??= []
        unknown.push({ tag, bytes: reader.view(size) })
        continue
      }
      // Like Kafka, the announced size of a known field has to be there but need not be what the field takes.
      if (size > reader.remaining)
        reader.fail('truncated', `a tagged field of ${size} bytes, ${reader.remaining} are left`)
      try {
        struct[field.name] = field.read(reader)
      } catch (error) {
        throw within(error, field.name)
      }
    }
    if (unknown !== undefined) struct.unknownTaggedFields = unknown
  }
}

function valueReader(value: ValuePlan): Read {
  switch (value.kind) {
    case 'bool':
      return (reader) => reader.bool()
    case 'int8':
      return (reader) => reader.int8()
    case 'int16':
      return (reader) => reader.int16()
    case 'uint16':
      return (reader) => reader.uint16()
    case 'int32':
      return (reader) => reader.int32()
    case 'uint32':
      return (reader) => reader.uint32()
    case 'int64':
      return value.wide ? (reader) => reader.int64Wide() : (reader) => reader.int64()
    case 'float64':
      return (reader) => reader.float64()
    case 'uuid':
      return (reader) => reader.uuid()
    case 'string':
      return stringReader(value.nullable, value.compact)
    case 'bytes':
    case 'records':
      return bytesReader(value.nullable, value.compact)
    case 'array':
      return arrayReader(value.item, value.nullable, value.compact)
    case 'struct':
      return nestedReader(value)
  }
}

/** Reads a length or count that has been read as `length`; true means null. */
function isNull(reader: Reader, start: number, length: number, nullable: boolean): boolean {
  if (length >= 0) return false
  if (length < -1) reader.fail('invalid-length', `a length of ${length}`, start)
  if (!nullable) reader.fail('unexpected-null', 'null is not allowed here', start)
  return true
}

function stringReader(nullable: boolean, compact: boolean): Read {
  return (reader) => {
    const start = reader.position
    const size = compact ? reader.compactLength() : reader.int16()
    return isNull(reader, start, size, nullable) ? null : reader.string(size)
  }
}

function bytesReader(nullable: boolean, compact: boolean): Read {
  return (reader) => {
    const start = reader.position
    const size = compact ? reader.compactLength() : reader.int32()
    return isNull(reader, start, size, nullable) ? null : reader.view(size)
  }
}

function arrayReader(item: ValuePlan, nullable: boolean, compact: boolean): Read {
  const read = valueReader(item)
  // An item without bytes would let a small message ask for any number of objects.
  const itemSizeMin = Math.max(1, leastSize(item))
  return (reader) => {
    const start = reader.position
    const count = compact ? reader.compactLength() : reader.int32()
    if (isNull(reader, start, count, nullable)) return null
    if (count > reader.remaining / itemSizeMin) {
      reader.fail('truncated', `${count} items announced, ${reader.remaining} bytes are left`, start)
    }
    const items: unknown[] = []
    try {
      while (items.length < count) items.push(read(reader))
    } catch (error) {
      throw within(error, items.length)
    }
    return items
  }
}

function nestedReader(value: ValuePlan & { kind: 'struct' }): Read {
  const read = structReader(value.struct)
  if (!value.nullable) return read
  // Kafka marks a null struct with an int8 below 0, but in a tagged section with an unsigned varint 0.
  if (value.tagged) return (reader) => (reader.unsignedVarint() === 0 ? null : read(reader))
  return (reader) => (reader.int8() < 0 ? null : read(reader))
}
