/** Which node a request goes to: pure. */
import type { ApiFacts } from '@millrace/protocol'
import type { CoordinatorKind } from './coordinators.ts'
import { MillraceError } from './error.ts'
import type { MetadataSnapshot } from './metadata-snapshot.ts'

/** What the caller says about the destination. */
export interface RouteHints {
  /** One particular node. Wins over everything else. */
  readonly node?: number | undefined
  readonly group?: string | undefined
  readonly transactionalId?: string | undefined
  /** The partition whose leader is meant. */
  readonly leaderOf?: { readonly topic: string; readonly partition: number } | undefined
}

export type Destination =
  | { readonly to: 'any' }
  | { readonly to: 'node'; readonly node: number }
  | { readonly to: 'coordinator'; readonly kind: CoordinatorKind; readonly key: string }

const anyNode: Destination = { to: 'any' }

function missing(api: Pick<ApiFacts, 'name'>, what: string): MillraceError {
  return new MillraceError('invalid-argument', `${api.name} needs ${what} to find its broker`, { apiName: api.name })
}

function leaderNode(api: Pick<ApiFacts, 'name'>, hints: RouteHints, snapshot: MetadataSnapshot): Destination {
  const { leaderOf } = hints
  if (leaderOf === undefined) throw missing(api, 'a node or a partition')
  const { topic, partition } = leaderOf
  const leader = snapshot.topics.get(topic)?.partitions[partition]?.leader ?? -1
  if (leader >= 0) return { to: 'node', node: leader }
  throw new MillraceError('connection', `${api.name}: no leader is known of ${topic}-${partition}`, {
    retriable: true,
    apiName: api.name,
  })
}

/**
 * The destination of a request. Throws {@link MillraceError}: `invalid-argument` when the caller did not say what the API's
 * route needs, `connection` (retriable) when a partition has no known leader.
 */
export function route(
  api: Pick<ApiFacts, 'name' | 'route'>,
  hints: RouteHints,
  snapshot: MetadataSnapshot,
): Destination {
  if (hints.node !== undefined) return { to: 'node', node: hints.node }
  switch (api.route) {
    case 'any':
      return anyNode
    case 'controller':
      // Brokers of Kafka 3.3 and later pass it on to the controller themselves; others name the one to ask.
      return snapshot.brokers.has(snapshot.controllerId) ? { to: 'node', node: snapshot.controllerId } : anyNode
    case 'leader':
      return leaderNode(api, hints, snapshot)
    case 'group':
      if (hints.group === undefined) throw missing(api, 'a group')
      return { to: 'coordinator', kind: 'group', key: hints.group }
    case 'transaction':
      // Without a transactional id, InitProducerId is answered by any broker.
      if (hints.transactionalId === undefined) return anyNode
      return { to: 'coordinator', kind: 'transaction', key: hints.transactionalId }
    default:
      throw missing(api, 'a node')
  }
}
