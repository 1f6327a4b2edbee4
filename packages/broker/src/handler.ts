/** What a handler is: a value that translates one API. It owns no state. */
import type { Api, ApiSpec, Fields, Request, ResponseInput } from '@millrace/protocol'
import type { Services } from './services.ts'

export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string
  /** The address that requests come from, as Kafka shows it: `/127.0.0.1`. */
  readonly clientHost: string
  readonly connectionId: number
  readonly listenerName: string
  /** `User:ANONYMOUS` on a listener without authentication. */
  readonly principal: string
}

/** Instead of an answer: none at all (acks 0), or none and the connection is closed. */
export const noResponse = Symbol('no response')
export const closeConnection = Symbol('close the connection')

export type Unanswered = typeof noResponse | typeof closeConnection

/** An API whose layouts are known to the type checker. */
export type TypedApi = Api<Fields, Fields>

export interface HandlerLiteral<A extends TypedApi> {
  readonly api: A
  /** May start before earlier requests of its connection are answered; see `server/connection.ts`. */
  readonly overlaps?: boolean
  handle(
    request: Request<A>,
    context: RequestContext,
    services: Services,
  ): Promise<ResponseInput<A> | Unanswered> | ResponseInput<A> | Unanswered
}

/** A handler among others, when its API's types no longer matter. */
export interface Handler {
  readonly api: ApiSpec
  readonly overlaps: boolean
  handle(request: unknown, context: RequestContext, services: Services): Promise<unknown> | unknown
}

export function defineHandler<const A extends TypedApi>(literal: HandlerLiteral<A>): Handler {
  return {
    api: literal.api,
    overlaps: literal.overlaps ?? false,
    // The router decodes with the schema of the same `api`, so the request has this type.
    handle: (request, context, services) => literal.handle(request as Request<A>, context, services),
  }
}
