/** Random messages of any schema and version: the schema is the generator. */
import { type Random, randomBelow, randomFraction, randomUuid } from '@millrace/base'
import type { RawTaggedField } from '../src/schema/field.ts'
import { planSchema, type StructPlan, type ValuePlan } from '../src/schema/plan.ts'
import type { Schema } from '../src/schema/schema.ts'

type Message = Record<string, unknown>

/** A message with every field of the schema: random where `version` has it, at its default elsewhere; what decoding gives. */
export function randomMessage(random: Random, schema: Schema, version: number): Message {
  return randomStruct(random, planSchema(schema, version))
}

function randomStruct(random: Random, plan: StructPlan): Message {
  const struct: Message = { ...plan.defaults }
  for (const { name, value } of plan.fields) struct[name] = randomValue(random, value)
  for (const { name, value } of plan.tagged) if (randomBelow(random, 2) === 0) struct[name] = randomValue(random, value)
  if (plan.flexible && randomBelow(random, 8) === 0) struct.unknownTaggedFields = randomTags(random)
  return struct
}

function randomTags(random: Random): RawTaggedField[] {
  const count = 1 + randomBelow(random, 3)
  let tag = 100
  return Array.from({ length: count }, () => {
    tag += 1 + randomBelow(random, 20_000)
    return { tag, bytes: random.bytes(randomBelow(random, 200)) }
  })
}

const bits = { int8: 8, int16: 16, int32: 32, int64: 53 }
const unsignedBits = { uint16: 16, uint32: 32 }

function randomValue(random: Random, value: ValuePlan): unknown {
  if ('nullable' in value && value.nullable && randomBelow(random, 4) === 0) return null
  switch (value.kind) {
    case 'bool':
      return randomBelow(random, 2) === 0
    case 'int64':
      if (value.wide) return random.bytes(8).readBigInt64BE()
      return randomInteger(random, bits.int64)
    case 'int8':
    case 'int16':
    case 'int32':
      return randomInteger(random, bits[value.kind])
    case 'uint16':
    case 'uint32':
      return Math.floor(randomFraction(random) * 2 ** unsignedBits[value.kind])
    case 'float64':
      return randomFraction(random) * 10 ** (randomBelow(random, 60) - 30)
    case 'uuid':
      return randomUuid(random)
    case 'string':
      return randomString(random)
    case 'bytes':
    case 'records':
      return random.bytes(randomBelow(random, 10) === 0 ? 3000 : randomBelow(random, 40))
    case 'array':
      return Array.from({ length: randomBelow(random, 4) }, () => randomValue(random, value.item))
    case 'struct':
      return randomStruct(random, value.struct)
  }
}

/** Small numbers, and the ends of the range, more often than a uniform choice would give. */
function randomInteger(random: Random, bitCount: number): number {
  const limit = 2 ** (bitCount - 1)
  const lowest = bitCount === 53 ? Number.MIN_SAFE_INTEGER : -limit
  const highest = bitCount === 53 ? Number.MAX_SAFE_INTEGER : limit - 1
  switch (randomBelow(random, 5)) {
    case 0:
      return lowest
    case 1:
      return highest
    case 2:
      return randomBelow(random, 100) - 50
    default:
      return Math.floor((randomFraction(random) * 2 - 1) * (limit - 1))
  }
}

const alphabet = ['a', 'Z', '0', '-', '.', 'ß', 'é', '日', '￿', '😀', '\0']

function randomString(random: Random): string {
  const length = randomBelow(random, 12) === 0 ? 200 : randomBelow(random, 12)
  return Array.from({ length }, () => alphabet[randomBelow(random, alphabet.length)]).join('')
}
