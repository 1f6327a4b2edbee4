/** Replies with errors that the broker did not give, and with throttling: written into the broker's own reply. */
import { type ApiSpec, ErrorCode, type ErrorName } from '@millrace/protocol'
import { changedReply, depthsOf } from './body-fields.ts'

const errorFields: ReadonlySet<string> = new Set(['errorCode'])
const throttleFields: ReadonlySet<string> = new Set(['throttleTimeMs'])

/** Where an error is written: into every error field, or into those of the innermost items only. */
export type ErrorPlace = 'everywhere' | 'items'

/** Whether the reply has error fields at all. */
export function canCarryError(api: ApiSpec, version: number): boolean {
  return depthsOf(api.response.fields, version, errorFields).size > 0
}

/** Whether the reply has error fields of its own and others in its items. */
export function hasErrorLevels(api: ApiSpec, version: number): boolean {
  return depthsOf(api.response.fields, version, errorFields).size > 1
}

export function canThrottle(api: ApiSpec, version: number): boolean {
  return depthsOf(api.response.fields, version, throttleFields).size > 0
}

/** The reply with the error. Undefined: it has no place for one, having no items, for example. */
export function withError(
  api: ApiSpec,
  version: number,
  frame: Buffer,
  error: ErrorName,
  place: ErrorPlace,
): Buffer | undefined {
  const depthMin = place === 'items' ? Math.max(...depthsOf(api.response.fields, version, errorFields)) : 0
  return changedReply(api, version, frame, ({ struct, fields, depth }) => {
    if (depth < depthMin || !fields.has('errorCode')) return false
    struct.errorCode = ErrorCode[error]
    return true
  })
}

/** The reply with a throttle time. Undefined: it has none in this version. */
export function withThrottle(api: ApiSpec, version: number, frame: Buffer, throttleMs: number): Buffer | undefined {
  return changedReply(api, version, frame, ({ struct, fields }) => {
    if (!fields.has('throttleTimeMs')) return false
    struct.throttleTimeMs = throttleMs
    return true
  })
}
