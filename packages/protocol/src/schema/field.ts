/** The vocabulary of message declarations: a builder per wire type, and the TypeScript types that follow from a declaration. */
import type { Uuid } from '@millrace/base'
import type { RecordsValue } from '../chunk.ts'

/** Rules that any field may have. Version ranges are in Kafka's notation. */
export interface FieldRules {
  /** Versions that have the field; all versions when absent. */
  readonly v?: string
  /** Versions in which null may be written. */
  readonly nullable?: string
  /** The field's number in the tagged section, where it then always is. */
  readonly tag?: number
  /** A value set for a version that lacks the field is dropped instead of refused. */
  readonly ignorable?: true
}

/** Rules of a field whose default differs from the zero value of its type. */
export interface Rules<D> extends FieldRules {
  /** The initial value. Without it: 0, false, "", no bytes, no items, the zero uuid, a struct of defaults. */
  readonly default?: D
}

interface Int64Rules<D> extends Rules<D> {
  /** The full 64 bits are legal: the value is a bigint. Without it, values beyond 2^53 - 1 are refused at decode and encode. */
  readonly wide?: true
}

interface StringRules extends Rules<null> {
  /** Keeps the int16 length in flexible versions too. Only the client id in the request header has it. */
  readonly classic?: true
}

/** The wire types. */
export type FieldKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct'

/** A declared field. `V` is the type a decoder gives, `I` the type an encoder takes; neither exists at run time. */
export interface Field<out V = unknown, out I = unknown> {
  readonly kind: FieldKind
  readonly rules: FieldRules & { readonly default?: unknown; readonly wide?: true; readonly classic?: true }
  /** Items of an array: a field, or the fields of a struct. */
  readonly item?: Field | Fields
  /** Fields of a struct. */
  readonly fields?: Fields
  readonly '~value'?: V
  readonly '~input'?: I
}

/** The fields of a message or struct, in wire order. */
export interface Fields {
  readonly [name: string]: Field
}

/** A tagged field that the schema does not know, as it came. */
export interface RawTaggedField {
  readonly tag: number
  readonly bytes: Buffer
}

interface Extras {
  /** Tagged fields this side does not know; kept, and written back in their order. Absent when there are none. */
  readonly unknownTaggedFields?: readonly RawTaggedField[] | undefined
}

type ValueOf<T> = T extends Field<infer V, unknown> ? V : T extends Fields ? Static<T> : never
type InputOf<T> = T extends Field<unknown, infer I> ? I : T extends Fields ? Input<T> : never
type Null<M> = M extends { readonly nullable: string } ? null : never
type Wide<M, W, N> = M extends { readonly wide: true } ? W : N

/** What decoding gives: every field is there, with its default when the version or the sender left it out. */
export type Static<F> = { readonly [K in keyof F]: ValueOf<F[K]> } & Extras

/** What encoding takes: fields left out, or undefined, have their default. */
export type Input<F> = { readonly [K in keyof F]?: InputOf<F[K]> | undefined } & Extras

/** The item type of an array field: `Item<FetchRequest['topics']>`. */
export type Item<A> = NonNullable<A> extends readonly (infer T)[] ? T : never

/** The struct type of a nullable struct field: `Present<ConsumerGroupHeartbeatResponse['assignment']>`. */
export type Present<S> = NonNullable<S>

const none = {}

export function bool(rules: Rules<boolean> = none): Field<boolean, boolean> {
  return { kind: 'bool', rules }
}

export function int8(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'int8', rules }
}

export function int16(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'int16', rules }
}

export function uint16(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'uint16', rules }
}

export function int32(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'int32', rules }
}

export function uint32(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'uint32', rules }
}

/** A number within 2^53, or with `wide: true` a bigint. */
export function int64<const M extends Int64Rules<number | bigint>>(
  rules?: M,
): Field<Wide<M, bigint, number>, Wide<M, bigint | number, number>> {
  return { kind: 'int64', rules: rules ?? none }
}

export function float64(rules: Rules<number> = none): Field<number, number> {
  return { kind: 'float64', rules }
}

/** A uuid in Kafka's text form. */
export function uuid(rules: FieldRules = none): Field<Uuid, Uuid> {
  return { kind: 'uuid', rules }
}

/** At most 32767 bytes of UTF-8. */
export function string<const M extends StringRules>(rules?: M): Field<string | Null<M>, string | Null<M>> {
  return { kind: 'string', rules: rules ?? none }
}

/** Decoded as a view into the input. */
export function bytes<const M extends Rules<null>>(rules?: M): Field<Buffer | Null<M>, Uint8Array | Null<M>> {
  return { kind: 'bytes', rules: rules ?? none }
}

/** Record batches: opaque here, a view into the input when decoded, not copied when large. */
export function records<const M extends FieldRules>(
  rules?: M,
): Field<Buffer | Null<M>, Exclude<RecordsValue, null> | Null<M>> {
  return { kind: 'records', rules: rules ?? none }
}

export function array<const T extends Field | Fields, const M extends Rules<null>>(
  item: T,
  rules?: M,
): Field<readonly ValueOf<T>[] | Null<M>, readonly InputOf<T>[] | Null<M>> {
  return { kind: 'array', item, rules: rules ?? none }
}

export function struct<const F extends Fields, const M extends Rules<null>>(
  fields: F,
  rules?: M,
): Field<Static<F> | Null<M>, Input<F> | Null<M>> {
  return { kind: 'struct', fields, rules: rules ?? none }
}

/** Tells a field from the fields of a struct (which may have a field that is called `kind`). */
export function isField(item: Field | Fields): item is Field {
  return typeof item.kind === 'string'
}
