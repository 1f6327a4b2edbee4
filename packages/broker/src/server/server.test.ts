import { ManualClock, silentLogger } from '@millrace/base'
import { type Connection, MemoryNetwork } from '@millrace/network'
import { describe, expect, it } from 'vitest'
import type { PendingRequest, RequestOutcome } from './connection.ts'
import { Server, type ServerLimits } from './server.ts'

const limits: ServerLimits = {
  requestSizeMax: 1000,
  partialFramesSizeMax: 2000,
  inFlightCountMax: 4,
  idleMsMax: 10_000,
  connectionCountMax: 3,
  connectionCountMaxOf: () => 3,
}

/** A server whose requests are texts: `e:` exclusive, `o:` overlapping; each is answered when the test says so. */
async function setUp(overrides: Partial<ServerLimits> = {}) {
  const clock = new ManualClock()
  const network = new MemoryNetwork(clock)
  const started: string[] = []
  const answers = new Map<string, (outcome: RequestOutcome) => void>()
  const fatal: unknown[] = []
  const server = new Server({
    transport: network.transport('server'),
    clock,
    logger: silentLogger,
    limits: { ...limits, ...overrides },
    accept(frame): PendingRequest {
      const text = frame.toString()
      if (text === 'garbage') throw new Error('no request')
      return {
        overlaps: text.startsWith('o:'),
        start: () => {
          started.push(text)
          return new Promise((resolve) => answers.set(text, resolve))
        },
      }
    },
    onFatal: (error) => fatal.push(error),
  })
  await server.listen('PLAINTEXT', { host: 'server', port: 9092 })
  server.serve()
  const settle = async () => {
    for (let turn = 0; turn < 30; turn++) {
      await Promise.resolve()
      clock.advance(0)
    }
  }
  const connect = async () => {
    const connecting = network.transport('client').connect({ host: 'server', port: 9092 }, { timeoutMs: 1000 })
    await settle()
    const connection: Connection = await connecting
    const state = { received: '', isClosed: false }
    connection.start({
      onData: (bytes) => {
        state.received += bytes.toString()
      },
      onDrain() {},
      onClose: () => {
        state.isClosed = true
      },
    })
    await settle()
    return {
      state,
      async send(...texts: string[]) {
        connection.write(texts.map(frame))
        await settle()
      },
      async raw(bytes: Buffer) {
        connection.write([bytes])
        await settle()
      },
      close: () => connection.destroy(),
    }
  }
  const finish = async (text: string, response: RequestOutcome['response']) => {
    answers.get(text)?.({ response })
    await settle()
  }
  const answer = (text: string) => finish(text, [Buffer.from(`[${text}]`)])
  return { clock, server, started, answer, finish, connect, settle, fatal }
}

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeInt32BE(text.length)
  bytes.write(text, 4)
  return bytes
}

describe('Server', () => {
  it('runs one request of a connection at a time', async () => {
    const { connect, started, answer } = await setUp()
    const client = await connect()
    await client.send('e:1', 'e:2')
    expect(started).toEqual(['e:1'])
    await answer('e:1')
    expect(started).toEqual(['e:1', 'e:2'])
    expect(client.state.received).toBe('[e:1]')
  })

  it('lets requests overlap that may, and still answers in order', async () => {
    const { connect, started, answer } = await setUp()
    const client = await connect()
    await client.send('o:1', 'o:2', 'e:3', 'o:4')
    expect(started).toEqual(['o:1', 'o:2'])
    await answer('o:2')
    expect(client.state.received).toBe('')
    await answer('o:1')
    expect(client.state.received).toBe('[o:1][o:2]')
    expect(started).toEqual(['o:1', 'o:2', 'e:3'])
    await answer('e:3')
    expect(started).toEqual(['o:1', 'o:2', 'e:3', 'o:4'])
  })

  it('takes no more requests than may be under way, and goes on when answers leave', async () => {
    const { connect, started, answer } = await setUp()
    const client = await connect()
    await client.send('o:1', 'o:2', 'o:3', 'o:4', 'o:5', 'o:6')
    expect(started).toHaveLength(4)
    await answer('o:1')
    expect(started).toHaveLength(5)
  })

  it('answers nothing where there is no answer, and closes where it must', async () => {
    const { connect, answer, finish } = await setUp()
    const client = await connect()
    await client.send('o:1', 'o:2')
    await finish('o:1', undefined)
    await answer('o:2')
    expect(client.state.received).toBe('[o:2]')
    await client.send('e:3')
    await finish('e:3', 'close')
    expect(client.state.isClosed).toBe(true)
  })

  it('closes only the connection that sends garbage', async () => {
    const { connect, server, answer } = await setUp()
    const [bad, tls, good] = [await connect(), await connect(), await connect()]
    await good.send('e:1')
    await bad.send('garbage')
    await tls.raw(Buffer.from('160301020001000000', 'hex'))
    expect([bad.state.isClosed, tls.state.isClosed, good.state.isClosed]).toEqual([true, true, false])
    await answer('e:1')
    expect(good.state.received).toBe('[e:1]')
    expect(server.connectionCount).toBe(1)
  })

  it('refuses connections beyond its limit until one goes', async () => {
    const { connect, settle, server } = await setUp({ connectionCountMax: 2 })
    const first = await connect()
    await connect()
    expect((await connect()).state.isClosed).toBe(true)
    first.close()
    await settle()
    expect((await connect()).state.isClosed).toBe(false)
    expect(server.connectionCount).toBe(2)
  })

  it('closes idle connections, half a frame or none, and not those that wait for an answer', async () => {
    const { clock, connect, settle } = await setUp()
    const [idle, half, waiting] = [await connect(), await connect(), await connect()]
    await half.raw(Buffer.from([0, 0, 0, 9, 1]))
    await waiting.send('e:1')
    clock.advance(12_000)
    await settle()
    expect([idle.state.isClosed, half.state.isClosed, waiting.state.isClosed]).toEqual([true, true, false])
  })

  it('answers what is under way before it closes', async () => {
    const { server, connect, answer, settle } = await setUp()
    const client = await connect()
    await client.send('e:1')
    let isClosed = false
    const closing = server.close(5000).then(() => {
      isClosed = true
    })
    await settle()
    expect(isClosed).toBe(false)
    await answer('e:1')
    await closing
    expect(client.state).toEqual({ received: '[e:1]', isClosed: true })
  })

  it('gives up waiting for answers after its time', async () => {
    const { server, connect, clock, settle } = await setUp()
    const client = await connect()
    await client.send('e:1')
    const closing = server.close(5000)
    await settle()
    clock.advance(5000)
    await closing
    await settle()
    expect(client.state.isClosed).toBe(true)
  })
})
