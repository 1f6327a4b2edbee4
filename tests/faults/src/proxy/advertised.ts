/** Replies that name brokers, made to name the proxy instead: what a broker behind it would advertise. */
import type { Address } from '@millrace/network'
import {
  type ApiSpec,
  DescribeCluster,
  Fetch,
  FindCoordinator,
  Metadata,
  Produce,
  ShareFetch,
} from '@millrace/protocol'
import { changedReply } from './body-fields.ts'

const namingKeys: ReadonlySet<number> = new Set(
  [Produce, Fetch, Metadata, FindCoordinator, DescribeCluster, ShareFetch].map(({ key }) => key),
)

/** The reply with `advertised` for the address of every broker; the same frame when it names none. */
export function withAdvertised(api: ApiSpec, version: number, frame: Buffer, advertised: Address): Buffer {
  if (!namingKeys.has(api.key)) return frame
  const changed = changedReply(api, version, frame, ({ struct, fields }) => {
    // No host: no coordinator was found.
    if (!fields.has('host') || !fields.has('port') || struct.host === '') return false
    struct.host = advertised.host
    struct.port = advertised.port
    return true
  })
  return changed ?? frame
}
