import { ManualClock, TimerWheel } from '@millrace/base'
import { type Connection, MemoryNetwork } from '@millrace/network'
import { ApiVersions, encodeResponse, Heartbeat, Metadata } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { BrokerConnection } from '../src/connection.ts'
import { MillraceError } from '../src/error.ts'
import { drive, pass } from '../src/testing.ts'

/** A connection and the raw other end of it. */
async function open(options: { responseSizeMax?: number; inFlightMax?: number } = {}) {
  const clock = new ManualClock()
  const network = new MemoryNetwork(clock)
  const arrived: Buffer[] = []
  let far!: Connection
  await network.transport('b').listen({ host: 'b', port: 1 }, (connection) => {
    far = connection
    connection.start({ onData: (bytes) => void arrived.push(bytes), onDrain() {}, onClose() {} })
  })
  const near = await drive(clock, network.transport('a').connect({ host: 'b', port: 1 }, { timeoutMs: 1000 }))
  const closed: MillraceError[] = []
  const connection = new BrokerConnection(near, {
    clientId: 'me',
    timers: new TimerWheel(clock),
    responseSizeMax: options.responseSizeMax ?? 10_000,
    inFlightMax: options.inFlightMax ?? 10,
    onClose: (error) => void closed.push(error),
  })
  const beat = (timeoutMs = 1000) =>
    connection.send(Heartbeat, 0, { groupId: 'g', generationId: 1, memberId: 'm' }, timeoutMs)
  const answer = (correlationId: number, errorCode: number) =>
    far.write(encodeResponse(Heartbeat, 0, correlationId, { errorCode }) as Buffer[])
  return { clock, connection, far, arrived, closed, beat, answer }
}

function failure(promise: Promise<unknown>): Promise<MillraceError> {
  return promise.then(
    () => expect.unreachable('it should fail'),
    (error) => error,
  )
}

describe('BrokerConnection', () => {
  it('pipelines requests and gives each its answer in order', async () => {
    const { clock, beat, answer, connection } = await open()
    const both = Promise.all([beat(), beat()])
    expect(connection.inFlightCount).toBe(2)
    answer(0, 27)
    answer(1, 0)
    expect((await drive(clock, both)).map(({ errorCode }) => errorCode)).toEqual([27, 0])
  })

  it('closes after a request without an answer, and says that it may have arrived', async () => {
    const { clock, beat, closed } = await open()
    const [first, second] = [failure(beat(50)), failure(beat(5000))]
    const error = await drive(clock, first)
    expect(error).toMatchObject({ code: 'timeout', retriable: true, mayHaveArrived: true, apiName: 'Heartbeat' })
    expect(await drive(clock, second)).toMatchObject({ code: 'timeout', mayHaveArrived: true })
    expect(closed).toHaveLength(1)
    expect(await failure(beat())).toMatchObject({ code: 'timeout', mayHaveArrived: false })
  })

  it('fails what waits when the broker closes', async () => {
    const { clock, beat, far } = await open()
    const waiting = failure(beat())
    far.end()
    expect(await drive(clock, waiting)).toMatchObject({ code: 'connection', retriable: true, mayHaveArrived: true })
  })

  it('does not take an answer to another request, or to none', async () => {
    for (const isAsked of [true, false]) {
      const { clock, beat, answer, closed } = await open()
      const waiting = isAsked ? failure(beat()) : undefined
      answer(7, 0)
      await pass(clock, 3)
      // The connection is out of step; another one may not be.
      expect(closed[0]).toMatchObject({ code: 'protocol', retriable: true })
      if (waiting !== undefined) {
        expect(await waiting).toMatchObject({ code: 'protocol', retriable: true, mayHaveArrived: true })
      }
    }
  })

  it('does not take frames beyond the limit, before they are here', async () => {
    const { clock, beat, far, closed } = await open({ responseSizeMax: 100 })
    const waiting = failure(beat())
    far.write([Buffer.from([0, 0, 0, 101])])
    expect(await drive(clock, waiting)).toMatchObject({ code: 'protocol', retriable: false })
    expect(closed[0]?.message).toContain('a frame of 101 bytes')
  })

  it('closes when an answer cannot be read', async () => {
    const { clock, beat, far } = await open()
    const waiting = failure(beat())
    far.write([Buffer.from([0, 0, 0, 5, 0, 0, 0, 0, 9])])
    expect(await drive(clock, waiting)).toMatchObject({ code: 'protocol', apiName: 'Heartbeat', retriable: false })
  })

  it('bounds what is in flight', async () => {
    const { beat, connection } = await open({ inFlightMax: 2 })
    const waiting = [failure(beat()), failure(beat())]
    expect(await failure(beat())).toMatchObject({ code: 'overloaded', retriable: true })
    connection.close(new MillraceError('closed', 'over'))
    for (const each of waiting) expect(await each).toMatchObject({ code: 'closed' })
  })

  it('throws what does not fit the version, and stays usable', async () => {
    const { clock, connection, beat, answer } = await open()
    expect(() => connection.send(Metadata, 0, { topics: null }, 1000)).toThrow('MetadataRequest')
    const good = beat()
    answer(0, 0)
    expect((await drive(clock, good)).errorCode).toBe(0)
  })

  it('reads a refused ApiVersions as version 0', async () => {
    const { clock, connection, far } = await open()
    const asked = connection.send(ApiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: '1' }, 1000)
    const apiKeys = [{ apiKey: 18, minVersion: 0, maxVersion: 2 }]
    far.write(encodeResponse(ApiVersions, 0, 0, { errorCode: 35, apiKeys }) as Buffer[])
    expect(await drive(clock, asked)).toMatchObject({ errorCode: 35, apiKeys })
  })
})
