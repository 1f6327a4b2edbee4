/** An API of the protocol: what is declared once per key, and the types that follow from it. */
import type { Fields, Input, Static } from './schema/field.ts'
import { defineSchema, type Schema } from './schema/schema.ts'
import { parseVersions, type VersionRange } from './schema/version-range.ts'

/**
 * Which node a client has to ask.
 *
 * - `any`: any broker
 * - `controller`: the node that Metadata names as controller (on the controller listener, the active controller). Apache
 *   Kafka brokers forward these requests, older and other brokers need the right one
 * - `leader`: the leader of the partitions in the request
 * - `group`, `transaction`, `share`: the coordinator of the group id, transactional id or share partition
 * - `broker`: one particular node, which the caller knows: the answer is about that node or its connection
 */
export type Route = 'any' | 'controller' | 'leader' | 'group' | 'transaction' | 'share' | 'broker'

/** Which listeners serve an API. */
export type ListenerScope = 'broker' | 'controller'

/** The facts of an API that are not layout. */
export interface ApiFacts {
  /** The API key on the wire. */
  readonly key: number
  readonly name: string
  /** The first flexible version; `Infinity` when none is. */
  readonly flexible: number
  readonly listeners: readonly ListenerScope[]
  readonly route: Route
  /** A broker passes the request on to the active controller, in an Envelope. */
  readonly forwardable: boolean
  /** The caller needs CLUSTER_ACTION on the cluster: it is another node. */
  readonly clusterAction: boolean
  /** The newest version that is enabled by default. */
  readonly stableMax: number
  /** The lowest version ApiVersions announces, where that is not the lowest that works. */
  readonly advertisedMin?: number
  /** The response header's version, where it does not follow from `flexible`. */
  readonly responseHeader?: number
}

/** An API with its layouts. Request and response have the same versions. */
export interface ApiSpec extends ApiFacts {
  readonly versions: VersionRange
  readonly request: Schema
  readonly response: Schema
}

/** An API whose body types are known. */
export interface Api<out Req, out Res> extends ApiFacts {
  readonly versions: VersionRange
  readonly request: Schema<Req>
  readonly response: Schema<Res>
}

/** The decoded request body of an API: all fields are there. */
export type Request<A extends Api<unknown, unknown>> = Static<A['request']['fields']>
/** The decoded response body of an API: all fields are there. */
export type Response<A extends Api<unknown, unknown>> = Static<A['response']['fields']>
/** What encoding a request body takes: fields left out have their default. */
export type RequestInput<A extends Api<unknown, unknown>> = Input<A['request']['fields']>
/** What encoding a response body takes: fields left out have their default. */
export type ResponseInput<A extends Api<unknown, unknown>> = Input<A['response']['fields']>

/** How an API is written down. */
export interface ApiLiteral<Req, Res> {
  readonly key: number
  readonly name: string
  readonly route: Route
  /** In Kafka's notation: `0-4`. */
  readonly versions: string
  readonly flexible: number
  /** Brokers only, when absent. */
  readonly listeners?: readonly ListenerScope[]
  readonly forwardable?: true
  readonly clusterAction?: true
  /** The newest version, when absent. */
  readonly stableMax?: number
  readonly advertisedMin?: number
  readonly responseHeader?: number
  readonly request: Req
  readonly response: Res
}

const brokerOnly: readonly ListenerScope[] = ['broker']

/** Makes an API of a literal. */
export function defineApi<const Req extends Fields, const Res extends Fields>(
  literal: ApiLiteral<Req, Res>,
): Api<Req, Res> {
  const { name, versions, flexible } = literal
  const range = parseVersions(versions)
  return {
    ...literal,
    versions: range,
    listeners: literal.listeners ?? brokerOnly,
    forwardable: literal.forwardable ?? false,
    clusterAction: literal.clusterAction ?? false,
    stableMax: literal.stableMax ?? range.max,
    request: defineSchema({ name: `${name}Request`, versions, flexible, fields: literal.request }),
    response: defineSchema({ name: `${name}Response`, versions, flexible, fields: literal.response }),
  }
}
