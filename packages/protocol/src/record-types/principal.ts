/** The principal a broker passes on to the controller in an Envelope request: an int16 version, then the fields. */
import type { Encodable } from '../schema/schema.ts'
import { DefaultPrincipalData } from './principal/default-principal-data.ts'
import { decodeVersioned, encodeVersioned } from './versioned.ts'

/** Throws EncodeError. */
export function encodePrincipal(principal: Encodable<typeof DefaultPrincipalData>): Buffer {
  return encodeVersioned(DefaultPrincipalData, DefaultPrincipalData.versions.max, principal)
}

/** Throws DecodeError. */
export function decodePrincipal(bytes: Buffer): DefaultPrincipalData {
  return decodeVersioned(DefaultPrincipalData, bytes).data
}
