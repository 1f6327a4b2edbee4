/** A record type: a schema with the id that tells it from the others in its log. */
import type { Fields } from '../schema/field.ts'
import { defineSchema, type Schema, type SchemaLiteral } from '../schema/schema.ts'

export interface RecordSchema<out F = Fields> extends Schema<F> {
  /** Kafka's number of the record type. */
  readonly id: number
}

/** Makes a record type of a literal. */
export function defineRecord<const F extends Fields>(
  literal: SchemaLiteral<F> & { readonly id: number },
): RecordSchema<F> {
  return { ...defineSchema(literal), id: literal.id }
}
