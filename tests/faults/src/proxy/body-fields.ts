/** Walks over the decoded body of a reply along its schema, so that only fields that its version has are touched. */
import { type ApiSpec, decodeResponse, encodeResponse, type Field, type Fields, joinChunks } from '@millrace/protocol'

/** A decoded struct. */
export type Struct = Record<string, unknown>

/** A struct of a body: its values, the fields that its version has, and how deep it is (the body itself is 0). */
export interface Place {
  readonly struct: Struct
  readonly fields: ReadonlySet<string>
  readonly depth: number
}

const lengthSize = 4
const notation = /^(\d+)(?:(\+)|-(\d+))?$/

/** Whether a range in Kafka's notation (`3`, `3+`, `3-5`) has the version. */
export function hasVersion(range: string | undefined, version: number): boolean {
  if (range === undefined) return true
  const match = notation.exec(range)
  if (match === null) throw new Error(`"${range}" is no range of versions`)
  const first = Number(match[1])
  const last = match[2] === '+' ? Number.POSITIVE_INFINITY : Number(match[3] ?? first)
  return version >= first && version <= last
}

function isField(item: Field | Fields): item is Field {
  return typeof item.kind === 'string'
}

/** The fields of the structs that a field holds. */
function structFields({ kind, item, fields }: Field): Fields | undefined {
  if (kind === 'struct') return fields
  return kind === 'array' && item !== undefined && !isField(item) ? item : undefined
}

function present(fields: Fields, version: number): [name: string, field: Field][] {
  return Object.entries(fields).filter(([, field]) => hasVersion(field.rules.v, version))
}

/** All structs of a body, outermost first. */
export function* placesOf(fields: Fields, version: number, struct: Struct, depth = 0): Generator<Place> {
  const known = present(fields, version)
  yield { struct, fields: new Set(known.map(([name]) => name)), depth }
  for (const [name, field] of known) {
    const inner = structFields(field)
    const value = struct[name]
    if (inner === undefined || value === null || value === undefined) continue
    for (const each of Array.isArray(value) ? value : [value]) yield* placesOf(inner, version, each, depth + 1)
  }
}

/** How deep a reply of this version has fields of one of these names; from the declaration, so that empty arrays count. */
export function depthsOf(fields: Fields, version: number, names: ReadonlySet<string>, depth = 0): Set<number> {
  const depths = new Set<number>()
  for (const [name, field] of present(fields, version)) {
    if (names.has(name)) depths.add(depth)
    const inner = structFields(field)
    if (inner !== undefined) for (const each of depthsOf(inner, version, names, depth + 1)) depths.add(each)
  }
  return depths
}

/**
 * The frame with what `change` does to each struct of its body. Undefined: it changed nothing. `frame` is without its length, and so is
 * the result.
 */
export function changedReply(
  api: ApiSpec,
  version: number,
  frame: Buffer,
  change: (place: Place) => boolean,
): Buffer | undefined {
  const { correlationId, body } = decodeResponse(api, version, frame)
  // Decoded structs share their defaults: what is changed is a copy.
  const copy = structuredCopy(body) as Struct
  let isChanged = false
  for (const place of placesOf(api.response.fields, version, copy)) isChanged = change(place) || isChanged
  if (!isChanged) return undefined
  return joinChunks(encodeResponse(api, version, correlationId, copy)).subarray(lengthSize)
}

function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCopy)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, structuredCopy(each)]))
}
