/** Which version of an API two sides speak: what the broker announces, cut with what this side knows. */
import { type ApiFacts, ApiVersions, type ApiVersionsResponse, type VersionRange } from '@millrace/protocol'
import { MillraceError } from './error.ts'

/** What one broker serves. */
export interface ServedVersions {
  readonly apis: ReadonlyMap<number, VersionRange>
}

/** Bounds of the caller's own, for one request. */
export interface VersionLimits {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** The first version to ask ApiVersions with. */
export const apiVersionsStart = 4

/**
 * The version to ask ApiVersions with after `tried` was refused with UNSUPPORTED_VERSION; undefined when there is none. The
 * refusal names what the broker knows (KIP-511), or names nothing, as brokers before 2.4 do.
 */
export function nextApiVersionsVersion(tried: number, refusal: ApiVersionsResponse): number | undefined {
  if (tried === 0) return undefined
  const known = refusal.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
  if (known === undefined || known.maxVersion >= tried || known.maxVersion < 0) return 0
  return known.maxVersion
}

/** Where the error code of a response without tagged fields in its header is. */
const errorCodeAt = 4

/** The layout of an ApiVersions answer: a refusal comes in version 0, whatever was asked (reference section 2.2). */
export function apiVersionsLayout(frame: Buffer, asked: number): number {
  return frame.length >= errorCodeAt + 2 && frame.readInt16BE(errorCodeAt) === 35 ? 0 : asked
}

/** Reads what a broker announces. Ranges that make no sense count as not served. */
export function servedVersions(response: ApiVersionsResponse): ServedVersions {
  const apis = new Map<number, VersionRange>()
  for (const { apiKey, minVersion, maxVersion } of response.apiKeys) {
    if (minVersion <= maxVersion && maxVersion >= 0) apis.set(apiKey, { min: minVersion, max: maxVersion })
  }
  return { apis }
}

/**
 * The highest version that both sides and the caller's limits allow. Throws {@link MillraceError} `unsupported-version`.
 * Versions that are not stable are not used unless `limits.max` asks for them.
 */
export function pickVersion(
  api: Pick<ApiFacts, 'key' | 'name' | 'stableMax'> & { readonly versions: VersionRange },
  served: ServedVersions,
  limits: VersionLimits = {},
): number {
  const theirs = served.apis.get(api.key)
  if (theirs === undefined) {
    throw new MillraceError('unsupported-version', `The broker does not serve ${api.name}`, { apiName: api.name })
  }
  const max = Math.min(theirs.max, limits.max ?? api.stableMax, api.versions.max)
  const min = Math.max(theirs.min, limits.min ?? 0, api.versions.min)
  if (max >= min) return max
  const wanted = `${Math.max(limits.min ?? 0, api.versions.min)} to ${Math.min(limits.max ?? api.stableMax, api.versions.max)}`
  throw new MillraceError(
    'unsupported-version',
    `${api.name}: the broker serves versions ${theirs.min} to ${theirs.max}, needed is one of ${wanted}`,
    { apiName: api.name },
  )
}
