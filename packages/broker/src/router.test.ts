import { silentLogger } from '@millrace/base'
import {
  ApiVersions,
  DecodeError,
  decodeResponse,
  encodeRequest,
  Heartbeat,
  ListGroups,
  Metadata,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { ControllerUnavailableError } from './controller/channel.ts'
import {
  closeConnection,
  defineHandler,
  type Handler,
  noResponse,
  type RequestContext,
  type Unanswered,
} from './handler.ts'
import { RequestError, Router } from './router.ts'
import type { Services } from './services.ts'

const connection = { id: 5, listenerName: 'PLAINTEXT', clientHost: '10.0.0.9', clientPort: 4711 }
/** No handler of these tests asks for anything. */
const services = {} as Services

function frameOf(chunks: readonly unknown[]): Buffer {
  return Buffer.concat(chunks as Buffer[]).subarray(4)
}

const heartbeat = (version: number) =>
  frameOf(
    encodeRequest(
      Heartbeat,
      version,
      { correlationId: 77, clientId: 'me' },
      { groupId: 'g', generationId: 3, memberId: 'm' },
    ),
  )

const router = (...handlers: Handler[]) => new Router(handlers, services, silentLogger)

async function outcome(handler: Handler, frame: Buffer) {
  return await router(handler).accept(frame, connection).start()
}

const answering = (body: () => object | Unanswered) => defineHandler({ api: Heartbeat, handle: body })

describe('a request', () => {
  it('reaches the handler of its API, decoded, with who sent it', async () => {
    const seen: [unknown, RequestContext][] = []
    const handler = defineHandler({
      api: Heartbeat,
      handle(request, context) {
        seen.push([request, context])
        return { errorCode: 27 }
      },
    })
    const { response } = await outcome(handler, heartbeat(4))
    expect(seen).toEqual([
      [
        { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null },
        {
          apiVersion: 4,
          clientId: 'me',
          clientHost: '/10.0.0.9',
          connectionId: 5,
          listenerName: 'PLAINTEXT',
          principal: 'User:ANONYMOUS',
        },
      ],
    ])
    const answer = decodeResponse(Heartbeat, 4, frameOf(response as Buffer[]))
    expect(answer).toEqual({ correlationId: 77, body: { throttleTimeMs: 0, errorCode: 27 } })
  })

  it('is answered when a promise of its handler is', async () => {
    const { response } = await outcome(
      defineHandler({ api: Heartbeat, handle: async () => ({ errorCode: 0 }) }),
      heartbeat(0),
    )
    expect(decodeResponse(Heartbeat, 0, frameOf(response as Buffer[])).correlationId).toBe(77)
  })

  it('may stay without an answer, or close its connection', async () => {
    expect(
      await outcome(
        answering(() => noResponse),
        heartbeat(4),
      ),
    ).toEqual({ response: undefined })
    expect(
      await outcome(
        answering(() => closeConnection),
        heartbeat(4),
      ),
    ).toEqual({
      response: 'close',
    })
  })

  it('says whether it may overlap with others of its connection', () => {
    const overlapping = defineHandler({ api: Heartbeat, overlaps: true, handle: () => ({}) })
    expect(router(overlapping).accept(heartbeat(4), connection).overlaps).toBe(true)
    expect(router(answering(() => ({}))).accept(heartbeat(4), connection).overlaps).toBe(false)
  })
})

describe('what is no request', () => {
  const served = router(answering(() => ({ errorCode: 0 })))

  it('an API without a handler, or unknown to everybody', () => {
    const listGroups = frameOf(encodeRequest(ListGroups, 0, { correlationId: 1, clientId: null }, {}))
    expect(() => served.accept(listGroups, connection)).toThrow(new RequestError('API key 16 is not served'))
    const unknown = Buffer.from('03e700000000000100017800', 'hex')
    expect(() => served.accept(unknown, connection)).toThrow(new RequestError('API key 999 is not served'))
  })

  it.each([-1, 5, 100])('a version that is not served: %i', (version) => {
    const frame = Buffer.from(heartbeat(4))
    frame.writeInt16BE(version, 2)
    expect(() => served.accept(frame, connection)).toThrow(
      new RequestError(`Heartbeat version ${version} is not served, only 0 to 4`),
    )
  })

  it('bytes that end too early', () => {
    const frame = heartbeat(4)
    for (let size = 0; size < frame.length; size++) {
      expect(() => served.accept(frame.subarray(0, size), connection), `${size} bytes`).toThrow(DecodeError)
    }
  })

  it('but more bytes than needed are passed over, as Apache Kafka does', () => {
    expect(() => served.accept(Buffer.concat([heartbeat(4), Buffer.alloc(7)]), connection)).not.toThrow()
  })
})

describe('ApiVersions', () => {
  it.each([99, -1])(
    'in version %i is told the versions that are served, in the layout of version 0',
    async (version) => {
      const handler = defineHandler({ api: ApiVersions, handle: () => ({}) })
      const frame = Buffer.from('001200000000000900017800', 'hex')
      frame.writeInt16BE(version, 2)
      const { response } = await outcome(handler, frame)
      expect(decodeResponse(ApiVersions, 0, frameOf(response as Buffer[]))).toMatchObject({
        correlationId: 9,
        body: { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] },
      })
    },
  )
})

describe('a handler that fails', () => {
  it('for want of a controller closes the connection: the client tries again', async () => {
    const handler = defineHandler({
      api: Heartbeat,
      handle: () => Promise.reject(new ControllerUnavailableError('it is not there')),
    })
    expect(await outcome(handler, heartbeat(4))).toEqual({ response: 'close' })
  })

  it('by a bug is not excused', async () => {
    const later = defineHandler({ api: Heartbeat, handle: () => Promise.reject(new TypeError('a bug')) })
    await expect(outcome(later, heartbeat(4))).rejects.toThrow(TypeError)
    const atOnce = answering(() => {
      throw new TypeError('a bug')
    })
    expect(() => router(atOnce).accept(heartbeat(4), connection).start()).toThrow(TypeError)
  })

  it('with an answer that its version cannot say closes the connection', async () => {
    const handler = defineHandler({
      api: Metadata,
      handle: () => ({ topics: [{ errorCode: 0, name: null, partitions: [] }] }),
    })
    const frame = frameOf(encodeRequest(Metadata, 9, { correlationId: 1, clientId: null }, { topics: [] }))
    expect(await outcome(handler, frame)).toEqual({ response: 'close' })
  })
})
