/** A message layout: named fields over a range of versions. Requests, responses, headers and stored records are all schemas. */
import { assert } from '@millrace/base'
import type { Fields, Input, Static } from './field.ts'
import { parseVersions, type VersionRange } from './version-range.ts'

export interface Schema<out F = Fields> {
  /** Kafka's name of the message, for errors: `FetchRequest`, `TopicRecord`. */
  readonly name: string
  readonly versions: VersionRange
  /** The first version with compact lengths and tagged sections; `Infinity` when none has them. */
  readonly flexible: number
  readonly fields: F
}

/** What decoding a message of `S` gives. */
export type Decoded<S extends Schema<unknown>> = Static<S['fields']>

/** What encoding a message of `S` takes. */
export type Encodable<S extends Schema<unknown>> = Input<S['fields']>

/** How a schema is written down. */
export interface SchemaLiteral<F> {
  readonly name: string
  /** In Kafka's notation: `0-3`. */
  readonly versions: string
  readonly flexible: number
  readonly fields: F
}

/** Makes a schema of a literal. */
export function defineSchema<const F extends Fields>(literal: SchemaLiteral<F>): Schema<F> {
  const versions = parseVersions(literal.versions)
  assert(versions.max < Infinity, `${literal.name} to have a newest version`)
  return { ...literal, versions }
}
