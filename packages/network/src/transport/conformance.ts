/** What every transport must do. Run by each implementation's test, with two hosts that can reach each other. */
import { describe, expect, it } from 'vitest'
import type { Connection, SendableBytes, Transport } from './port.ts'

export interface TransportUnderTest {
  /** Host name to listen on. */
  readonly host: string
  readonly server: Transport
  readonly client: Transport
}

interface Recorded {
  readonly connection: Connection
  readonly received: () => Buffer
  readonly closed: Promise<Error | undefined>
  readonly drained: () => number
  /** Resolves once at least `size` bytes have arrived. */
  arrived(size: number): Promise<Buffer>
}

function record(connection: Connection): Recorded {
  const pieces: Buffer[] = []
  const waiting: { size: number; resolve: (bytes: Buffer) => void }[] = []
  let size = 0
  let drainedCount = 0
  let onClosed!: (error: Error | undefined) => void
  const closed = new Promise<Error | undefined>((resolve) => {
    onClosed = resolve
  })
  const settle = () => {
    for (const waiter of waiting.filter((each) => each.size <= size)) {
      waiting.splice(waiting.indexOf(waiter), 1)
      waiter.resolve(Buffer.concat(pieces))
    }
  }
  connection.start({
    onData(bytes) {
      pieces.push(bytes)
      size += bytes.length
      settle()
    },
    onDrain: () => void drainedCount++,
    onClose: onClosed,
  })
  return {
    connection,
    received: () => Buffer.concat(pieces),
    closed,
    drained: () => drainedCount,
    arrived: (wanted) =>
      new Promise((resolve) => {
        waiting.push({ size: wanted, resolve })
        settle()
      }),
  }
}

async function pair(subject: TransportUnderTest) {
  let accept!: (connection: Connection) => void
  const accepted = new Promise<Connection>((resolve) => {
    accept = resolve
  })
  const listener = await subject.server.listen({ host: subject.host, port: 0 }, (connection) => accept(connection))
  const near = record(await subject.client.connect(listener.address, { timeoutMs: 5000 }))
  const far = record(await accepted)
  return { listener, near, far }
}

export function describeTransport(name: string, create: () => TransportUnderTest): void {
  describe(`transport conformance: ${name}`, () => {
    it('replaces port 0 by a free one and names both ends', async () => {
      const { listener, near, far } = await pair(create())
      expect(listener.address.port).toBeGreaterThan(0)
      expect(near.connection.remote.port).toBe(listener.address.port)
      expect(far.connection.local.port).toBe(listener.address.port)
      near.connection.destroy()
      await far.closed
      await listener.close()
    })

    it('keeps order and bytes in both directions', async () => {
      const { listener, near, far } = await pair(create())
      const blocks = Array.from({ length: 200 }, (_, index) => Buffer.alloc(1 + ((index * 997) % 9000), index))
      const all = Buffer.concat(blocks)
      for (const block of blocks) near.connection.write([block])
      far.connection.write(blocks)
      expect((await far.arrived(all.length)).equals(all)).toBe(true)
      expect((await near.arrived(all.length)).equals(all)).toBe(true)
      near.connection.end()
      await far.closed
      await listener.close()
    })

    it('sends ranges between buffers in order and releases each once', async () => {
      const { listener, near, far } = await pair(create())
      const content = Buffer.alloc(700_000, 'range')
      let releasedCount = 0
      const range = rangeOf(content, () => void releasedCount++)
      near.connection.write([Buffer.from('head'), range, Buffer.from('tail'), range])
      near.connection.write([Buffer.from('end')])
      const expected = Buffer.concat([Buffer.from('head'), content, Buffer.from('tail'), content, Buffer.from('end')])
      expect((await far.arrived(expected.length)).equals(expected)).toBe(true)
      expect(releasedCount).toBe(2)
      near.connection.end()
      await far.closed
      await listener.close()
    })

    it('sends nothing for an empty range, and what is around it', async () => {
      const { listener, near, far } = await pair(create())
      let releasedCount = 0
      const empty = rangeOf(Buffer.alloc(0), () => void releasedCount++)
      near.connection.write([Buffer.from('before'), empty, Buffer.from('after'), empty])
      expect(String(await far.arrived(11))).toBe('beforeafter')
      near.connection.end()
      await far.closed
      expect(releasedCount).toBe(2)
      await listener.close()
    })

    it('keeps ranges apart that are under way on several connections, whoever is slow', async () => {
      const pairs = await Promise.all([0, 1, 2, 3].map(() => pair(create())))
      const contents = pairs.map((_, place) => Buffer.alloc(900_000 + place, `${place} of many `))
      for (const { far } of pairs) far.connection.pause()
      for (const [place, { near }] of pairs.entries()) {
        const range = rangeOf(contents[place] as Buffer)
        near.connection.write([Buffer.from('head'), range, range, range])
      }
      for (const [place, { far }] of [...pairs.entries()].reverse()) {
        const content = contents[place] as Buffer
        const expected = Buffer.concat([Buffer.from('head'), content, content, content])
        far.connection.resume()
        expect((await far.arrived(expected.length)).equals(expected)).toBe(true)
      }
      for (const { near, far, listener } of pairs) {
        near.connection.end()
        await far.closed
        await listener.close()
      }
    })

    it('releases a range whose connection is closed while it is read', async () => {
      const { listener, near } = await pair(create())
      let finish: (() => void) | undefined
      const reading = new Promise<void>((resolve) => {
        finish = resolve
      })
      const released = new Promise<void>((resolve) => {
        const read = async (target: Buffer) => {
          await reading
          return target.length
        }
        near.connection.write([{ byteLength: 1_000_000, read, release: resolve }])
      })
      near.connection.destroy()
      await near.closed
      finish?.()
      await released
      await listener.close()
    })

    it('closes both ends when a range cannot be read', async () => {
      const { listener, near, far } = await pair(create())
      let releasedCount = 0
      near.connection.write([
        { byteLength: 10, read: () => Promise.reject(new Error('disk gone')), release: () => void releasedCount++ },
      ])
      expect((await near.closed)?.message).toBe('disk gone')
      await far.closed
      expect(releasedCount).toBe(1)
      await listener.close()
    })

    it('says when much is queued, and when it is drained', async () => {
      const { listener, near, far } = await pair(create())
      far.connection.pause()
      const block = Buffer.alloc(512 * 1024)
      let count = 1
      while (near.connection.write([block])) count++
      expect(near.connection.queuedSize).toBeGreaterThan(0)
      expect(near.drained()).toBe(0)
      far.connection.resume()
      await far.arrived(count * block.length)
      near.connection.write([Buffer.from('after')])
      await far.arrived(count * block.length + 5)
      expect(near.drained()).toBeGreaterThan(0)
      near.connection.end()
      await far.closed
      await listener.close()
    })

    it('sends what is queued before an end', async () => {
      const { listener, near, far } = await pair(create())
      const block = Buffer.alloc(3_000_000, 7)
      near.connection.write([block])
      near.connection.end()
      await far.closed
      expect(far.received().length).toBe(block.length)
      await near.closed
      await listener.close()
    })

    it('tells both ends of a destroyed connection, and takes writes after that without harm', async () => {
      const { listener, near, far } = await pair(create())
      far.connection.destroy()
      await near.closed
      await far.closed
      let releasedCount = 0
      const range = rangeOf(Buffer.from('x'), () => void releasedCount++)
      expect(near.connection.write([Buffer.from('late'), range])).toBe(true)
      expect(releasedCount).toBe(1)
      near.connection.end()
      near.connection.destroy()
      await listener.close()
    })

    it('refuses a connection where nothing listens, and after a close', async () => {
      const subject = create()
      const { listener, near, far } = await pair(subject)
      near.connection.end()
      await far.closed
      await listener.close()
      await expect(subject.client.connect(listener.address, { timeoutMs: 5000 })).rejects.toMatchObject({
        code: 'refused',
      })
    })

    it('does not listen twice on one address', async () => {
      const subject = create()
      const listener = await subject.server.listen({ host: subject.host, port: 0 }, () => {})
      await expect(subject.server.listen(listener.address, () => {})).rejects.toMatchObject({ code: 'address-in-use' })
      await listener.close()
    })

    it('gives up connecting when its signal is aborted', async () => {
      const subject = create()
      const listener = await subject.server.listen({ host: subject.host, port: 0 }, () => {})
      const attempt = subject.client.connect(listener.address, { timeoutMs: 5000, signal: AbortSignal.abort() })
      await expect(attempt).rejects.toMatchObject({ code: 'aborted' })
      await listener.close()
    })
  })
}

function rangeOf(content: Buffer, release: () => void = () => {}): SendableBytes {
  const read = async (target: Buffer, position: number) => content.copy(target, 0, position)
  return { byteLength: content.length, read, release }
}
