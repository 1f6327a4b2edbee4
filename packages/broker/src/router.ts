/** From a frame to an answer: decode, find the handler, handle, encode. Knows all APIs by their handlers, none by name but ApiVersions. */
import type { Logger } from '@millrace/base'
import type { Outgoing } from '@millrace/network'
import {
  type ApiSpec,
  ApiVersions,
  type Chunk,
  decodeRequestBody,
  decodeRequestHeader,
  EncodeError,
  ErrorCode,
  encodeResponse,
} from '@millrace/protocol'
import type { LogSlice } from '@millrace/storage'
import { ControllerUnavailableError } from './controller/channel.ts'
import { closeConnection, type Handler, noResponse, type RequestContext, type TypedApi } from './handler.ts'
import type { ConnectionContext, PendingRequest, RequestOutcome } from './server/connection.ts'
import type { Services } from './services.ts'

/** A request that no handler takes; the connection is closed without an answer, as Kafka does. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

const anonymous = 'User:ANONYMOUS'

export class Router {
  readonly #handlers: ReadonlyMap<number, Handler>
  readonly #services: Services
  readonly #logger: Logger

  constructor(handlers: readonly Handler[], services: Services, logger: Logger) {
    this.#handlers = new Map(handlers.map((handler) => [handler.api.key, handler]))
    this.#services = services
    this.#logger = logger
  }

  /** Reads a frame. Throws DecodeError or {@link RequestError} when it is no request that can be answered. */
  accept(frame: Buffer, connection: ConnectionContext): PendingRequest {
    const { api, apiKey, apiVersion, correlationId, clientId, bodyPosition } = decodeRequestHeader(frame)
    const handler = this.#handlers.get(apiKey)
    if (api === undefined || handler === undefined) throw new RequestError(`API key ${apiKey} is not served`)
    if (apiVersion < api.versions.min || apiVersion > api.stableMax) {
      if (api.key === ApiVersions.key) return refuseVersion(api, correlationId)
      throw new RequestError(
        `${api.name} version ${apiVersion} is not served, only ${api.versions.min} to ${api.stableMax}`,
      )
    }
    const request = decodeRequestBody(api as TypedApi, apiVersion, frame, bodyPosition, { allowTrailing: true })
    const context: RequestContext = {
      apiVersion,
      clientId: clientId ?? '',
      clientHost: `/${connection.clientHost}`,
      connectionId: connection.id,
      listenerName: connection.listenerName,
      principal: anonymous,
    }
    return {
      overlaps: handler.overlaps,
      start: () => {
        const result = handler.handle(request, context, this.#services)
        if (!(result instanceof Promise)) return this.#encode(api, apiVersion, correlationId, result)
        return result.then(
          (value) => this.#encode(api, apiVersion, correlationId, value),
          (error: unknown) => this.#failed(api, error),
        )
      },
    }
  }

  #encode(api: ApiSpec, apiVersion: number, correlationId: number, result: unknown): RequestOutcome {
    if (result === noResponse) return { response: undefined }
    if (result === closeConnection) {
      this.#logger.debug('A request without acknowledgement failed; closing tells the client to look again', {
        api: api.name,
      })
      return { response: 'close' }
    }
    try {
      const chunks = encodeResponse(api as TypedApi, apiVersion, correlationId, result as object)
      return { response: chunks.map(toOutgoing) }
    } catch (error) {
      // Nothing of the broker's state is in doubt: what was done is done, only this client cannot be told.
      if (!(error instanceof EncodeError)) throw error
      this.#logger.error('An answer could not be encoded; its connection is closed', {
        api: api.name,
        apiVersion,
        error,
      })
      return { response: 'close' }
    }
  }

  /** Without a controller there is no honest answer; the client tries again. Everything else is a bug. */
  #failed(api: ApiSpec, error: unknown): RequestOutcome {
    if (!(error instanceof ControllerUnavailableError)) throw error
    this.#logger.warn('Closing a connection whose request needs the controller', { api: api.name, error })
    return { response: 'close' }
  }
}

/** What is not in memory came in as a slice of a log: a range of its file. */
function toOutgoing(chunk: Chunk): Outgoing {
  if (Buffer.isBuffer(chunk)) return chunk
  const slice = chunk as LogSlice
  return {
    byteLength: slice.byteLength,
    read: (target, position) => slice.file.read(target, slice.position + position),
    release: () => slice.release(),
  }
}

/** An ApiVersions that is newer than ours is answered in the layout of version 0, which every client reads (KIP-511). */
function refuseVersion(api: ApiSpec, correlationId: number): PendingRequest {
  const body = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: api.key, minVersion: api.versions.min, maxVersion: api.stableMax }],
  }
  const response = encodeResponse(ApiVersions, 0, correlationId, body).map(toOutgoing)
  return { overlaps: false, start: () => ({ response }) }
}
