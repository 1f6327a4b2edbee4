import { ManualClock, seededRandom, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { describeTransport } from './conformance.ts'
import { FaultyTransport, noTransportFaults } from './faulty.ts'
import { MemoryNetwork } from './memory.ts'
import { nodeTransport } from './node.ts'
import type { Connection } from './port.ts'

describeTransport('node', () => ({ host: '127.0.0.1', server: nodeTransport, client: nodeTransport }))

describeTransport('memory', () => {
  const network = new MemoryNetwork(systemClock)
  return { host: 'server', server: network.transport('server'), client: network.transport('client') }
})

describeTransport('faulty without faults', () => {
  const network = new MemoryNetwork(systemClock)
  const wrap = (host: string) => new FaultyTransport(network.transport(host), systemClock, seededRandom(1))
  return { host: 'server', server: wrap('server'), client: wrap('client') }
})

describeTransport('faulty with delays and odd grouping', () => {
  const network = new MemoryNetwork(systemClock)
  const faults = { ...noTransportFaults, delayMsMax: 1, splitChance: 0.5 }
  const wrap = (host: string) => new FaultyTransport(network.transport(host), systemClock, seededRandom(2), faults)
  return { host: 'server', server: wrap('server'), client: wrap('client') }
})

/** Lets promises and deferred deliveries of a manual clock run. */
async function run(clock: ManualClock, turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await Promise.resolve()
    clock.advance(0)
  }
}

async function connected(seed: number) {
  const clock = new ManualClock()
  const network = new MemoryNetwork(clock)
  const client = new FaultyTransport(network.transport('client'), clock, seededRandom(seed))
  let far: Connection | undefined
  await network.transport('server').listen({ host: 'server', port: 9092 }, (connection) => {
    far = connection
  })
  const connecting = client.connect({ host: 'server', port: 9092 }, { timeoutMs: 1000 })
  await run(clock)
  const near = await connecting
  const received: string[] = []
  const closes: (Error | undefined)[] = []
  near.start({
    onData: (bytes) => received.push(bytes.toString()),
    onDrain: () => {},
    onClose: (error) => closes.push(error),
  })
  far?.start({ onData: () => {}, onDrain: () => {}, onClose: () => {} })
  return { clock, client, near, far: far as unknown as Connection, received, closes }
}

describe('FaultyTransport', () => {
  it('holds bytes back while cut, and delivers them when healed', async () => {
    const { clock, client, far, received } = await connected(1)
    client.cut()
    far.write([Buffer.from('held')])
    await run(clock)
    expect(received).toEqual([])
    await expect(client.connect({ host: 'server', port: 9092 }, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'refused',
    })
    client.heal()
    await run(clock)
    expect(received).toEqual(['held'])
  })

  it('resets connections by chance, and all of them on demand', async () => {
    const first = await connected(2)
    first.client.faults.resetChance = 1
    first.far.write([Buffer.from('lost')])
    await run(first.clock)
    expect(first.received).toEqual([])
    expect(first.closes).toMatchObject([{ code: 'reset' }])
    expect(first.client.openCount).toBe(0)
    const second = await connected(3)
    second.client.resetAll()
    await run(second.clock)
    expect(second.closes).toMatchObject([{ code: 'reset' }])
  })

  it('makes the same choices for the same seed', async () => {
    const scenario = async () => {
      const { clock, client, far, received } = await connected(9)
      client.faults.splitChance = 0.7
      client.faults.delayMsMax = 20
      for (let index = 0; index < 20; index++) far.write([Buffer.from(`message ${index};`)])
      for (let step = 0; step < 200; step++) {
        await run(clock, 2)
        clock.advance(3)
      }
      return received
    }
    const first = await scenario()
    expect(first.join('')).toContain('message 19;')
    expect(first.length).toBeGreaterThan(2)
    expect(await scenario()).toEqual(first)
  })
})
