/** What comes from outside may be anything. Whoever sends it hears of it or is cut off; everybody else is served, and nothing is lost. */
import { seededRandom } from '@millrace/base'
import {
  ApiVersions,
  apis,
  CreateTopics,
  decodeResponse,
  ErrorCode,
  encodeBatch,
  encodeRequest,
  forEachBatch,
  ListOffsets,
  Metadata,
  openBatch,
} from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, fetchOnce, produce, textRecord, tryProduce } from './actions.ts'
import { eventually, Node } from './node.ts'
import { framed } from './recorded.ts'
import { type Stage, samples } from './samples.ts'
import { closed, Wire } from './wire.ts'

const witness = 'witness'
const acknowledged: string[] = []
let node: Node
let wire: Wire

beforeAll(async () => {
  node = await Node.start({ config: { 'auto.create.topics.enable': 'false' } })
  wire = await Wire.connect(node.bootstrapServers)
  await createTopic(wire, witness)
})

/** Another client goes on working. */
async function expectServed(): Promise<void> {
  const value = `witness ${acknowledged.length}`
  expect(await produce(wire, witness, [value])).toBe(acknowledged.length)
  acknowledged.push(value)
  expect(node.failures).toEqual([])
}

afterAll(async () => {
  const found: string[] = []
  while (found.length < acknowledged.length) {
    const { records } = await fetchOnce(wire, witness, found.length)
    const bytes = records ?? Buffer.alloc(0)
    forEachBatch(bytes, 0, bytes.length, (position) => {
      for (const { value } of openBatch(bytes, position)) found.push(value?.toString() ?? '')
    })
  }
  expect(found).toEqual(acknowledged)
  wire.close()
  await node.stop()
})

/** Sends bytes on a connection of their own and waits until the broker closes it. */
async function expectCutOff(bytes: Buffer): Promise<void> {
  const other = await Wire.connect(node.bootstrapServers)
  other.write(bytes)
  expect(await other.frame()).toBe(closed)
}

const lastReason = () =>
  node.lines.findLast(({ message }) => message.startsWith('Closing a connection'))?.fields?.reason

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

describe('bytes that are no Kafka', () => {
  it.each<[string, Buffer, RegExp]>([
    ['a negative length', int32(-1), /a frame of -1 bytes/],
    ['the smallest length', int32(-0x8000_0000), /a frame of -2147483648 bytes/],
    ['a length above the limit', int32(104_857_601), /104857601 bytes was announced, the limit is 104857600/],
    ['the largest length', int32(0x7fff_ffff), /2147483647 bytes was announced/],
    ['an empty frame', int32(0), /a frame of 0 bytes/],
    ['a frame too short for a header', Buffer.from('000000020012', 'hex'), /a frame of 2 bytes/],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex'), /a TLS hello: this listener speaks plain text/],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), /HTTP: this port speaks the Kafka protocol/],
    ['an HTTP post', Buffer.from('POST /topics HTTP/1.1\r\n\r\n'), /HTTP/],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), /SSH/],
    ['an unknown API', Buffer.from('0000000b03e7000000000001000178', 'hex'), /API key 999/],
    ['an unknown version', Buffer.from('0000000d00030064000000010001780000', 'hex'), /Metadata version 100/],
  ])('%s: the connection is closed, and the log says why', async (_, bytes, reason) => {
    await expectCutOff(bytes)
    expect(String(lastReason())).toMatch(reason)
    await expectServed()
  })

  it('half a frame and then nothing more: forgotten with its connection', async () => {
    const others = await Promise.all(Array.from({ length: 50 }, () => Wire.connect(node.bootstrapServers)))
    for (const other of others) other.write(Buffer.concat([int32(10_000), Buffer.alloc(5000)]))
    await expectServed()
    for (const other of others) other.close()
    await expectServed()
  })

  it('a request byte by byte is one like any other', async () => {
    const other = await Wire.connect(node.bootstrapServers)
    const request = encodeRequest(Metadata, 12, { correlationId: 5, clientId: 'slow' }, { topics: [{ name: witness }] })
    for (const byte of Buffer.concat(request as Buffer[])) other.write(Buffer.from([byte]))
    const frame = await other.frame()
    if (frame === closed) throw new Error('The connection was closed')
    expect(decodeResponse(Metadata, 12, frame)).toMatchObject({
      correlationId: 5,
      body: { topics: [{ name: witness }] },
    })
    other.close()
  })

  it('garbage is answered or cut off, and hurts nobody', async () => {
    const seed = 4_303_017
    const random = seededRandom(seed)
    for (let round = 0; round < 100; round++) {
      const bytes = random.bytes(1 + (random.uint32() % 200))
      const other = await Wire.connect(node.bootstrapServers)
      // As a frame: else nearly all of it is a length that is too large.
      other.write(round % 2 === 0 ? framed(bytes) : bytes)
      other.write(Buffer.alloc(300))
      other.close()
    }
    expect(node.failures, `seed ${seed}`).toEqual([])
    await expectServed()
  })
})

describe('requests with something wrong inside', () => {
  let stage: Stage

  beforeAll(async () => {
    const topicId = await createTopic(wire, 'mangled')
    await produce(wire, 'mangled', ['a'])
    stage = { wire, topic: 'mangled', topicId }
  })

  /** Whatever becomes of it: an answer, a closed connection, or a wait for the rest. */
  async function sendAndLook(bytes: Buffer): Promise<void> {
    const other = await Wire.connect(node.bootstrapServers)
    other.write(bytes)
    // The broker reads in order: when it has answered this one or closed, it has dealt with the one before.
    other.post(ApiVersions, 0, {})
    await Promise.race([other.frame(), wire.send(ApiVersions, 0, {})])
    other.close()
  }

  const first = [...new Map(samples.map((sample) => [sample.api.name, sample])).values()]

  it.each(first.map((sample) => [sample.api.name, sample] as const))(
    '%s: cut short, and with other bytes',
    async (name, sample) => {
      const seed = 77 + sample.api.key
      const random = seededRandom(seed)
      const version = sample.api.stableMax
      const body = await sample.body(version, stage)
      const request = encodeRequest(sample.api, version, { correlationId: 1, clientId: 'mangler' }, body) as Buffer[]
      const frame = Buffer.concat(request).subarray(4)
      const header = 8
      for (let round = 0; round < 12; round++) {
        const copy = Buffer.from(frame)
        for (let count = 0; count < 1 + (round % 4); count++) {
          copy[header + (random.uint32() % (copy.length - header))] = random.uint32() & 0xff
        }
        await sendAndLook(framed(copy))
        await sendAndLook(framed(frame.subarray(0, header + (random.uint32() % (frame.length - header)))))
      }
      expect(node.failures, `${name}, seed ${seed}`).toEqual([])
      await expectServed()
    },
  )

  it('lengths that promise more than there is are not believed', async () => {
    // Metadata version 1: an array of 2^31-1 topics; a topic whose name has 32767 bytes.
    const header = Buffer.from('0003000100000001000178', 'hex')
    await expectCutOff(framed(Buffer.concat([header, int32(0x7fff_ffff)])))
    await expectCutOff(framed(Buffer.concat([header, int32(1), Buffer.from('7fff', 'hex')])))
    await expectServed()
  })

  it('every API that is not served closes its connection', async () => {
    const { apiKeys } = await wire.send(ApiVersions, 0, {})
    const served = new Set(apiKeys.map(({ apiKey }) => apiKey))
    const others = apis.filter(({ key }) => !served.has(key))
    expect(others.length).toBeGreaterThan(0)
    for (const { key, stableMax } of others) {
      const frame = Buffer.from('000000000000000100017800', 'hex')
      frame.writeInt16BE(key, 0)
      frame.writeInt16BE(stableMax, 2)
      await expectCutOff(framed(frame))
    }
    await expectServed()
  })
})

describe('requests that ask for what cannot be', () => {
  it('an unknown topic', async () => {
    const batch = encodeBatch([textRecord('a')])
    expect((await tryProduce(wire, 'nowhere', batch)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    expect((await fetchOnce(wire, 'nowhere', 0)).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const partitions = [{ partitionIndex: 0, timestamp: -1 }]
    const { topics } = await wire.send(ListOffsets, 7, { replicaId: -1, topics: [{ name: 'nowhere', partitions }] })
    expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  it.each(['', '.', '..', 'a/b', 'ä', 'x'.repeat(250), '../../etc', 'a b', 'a\0b'])(
    'a topic named %j',
    async (name) => {
      const topic = { name, numPartitions: 1, replicationFactor: 1 }
      const { topics } = await wire.send(CreateTopics, 7, { topics: [topic], timeoutMs: 1000 })
      expect(topics[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
      const metadata = await wire.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: true })
      expect(metadata.topics[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
      expect((await tryProduce(wire, name, encodeBatch([textRecord('a')]))).errorCode).toBe(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      )
    },
  )

  it('more partitions than anybody has', async () => {
    const topic = { name: 'many', numPartitions: 0x7fff_ffff, replicationFactor: 1 }
    const { topics } = await wire.send(CreateTopics, 7, { topics: [topic], timeoutMs: 1000 })
    expect(topics[0]?.errorCode).toBe(ErrorCode.POLICY_VIOLATION)
    await expectServed()
  })

  it('a record larger than the topic takes', async () => {
    const batch = encodeBatch([textRecord('x'.repeat(1_100_000))])
    const answer = await tryProduce(wire, witness, batch)
    expect(answer).toMatchObject({
      errorCode: ErrorCode.MESSAGE_TOO_LARGE,
      errorMessage: expect.stringContaining('max.message.bytes'),
    })
    await expectServed()
  })
})

describe('a thousand connections', () => {
  it('opened and dropped leave nothing behind', async () => {
    const seed = 1000
    const random = seededRandom(seed)
    const open = async () => {
      const other = await Wire.connect(node.bootstrapServers)
      if (random.uint32() % 2 === 0) other.post(ApiVersions, 0, {})
      if (random.uint32() % 3 === 0) other.write(Buffer.from('000000', 'hex'))
      return other
    }
    for (let round = 0; round < 10; round++) {
      const others = await Promise.all(Array.from({ length: 100 }, open))
      await expectServed()
      for (const other of others) other.close()
    }
    await expectServed()
  })

  it('held open at once are all answered', async () => {
    const others = await Promise.all(Array.from({ length: 500 }, () => Wire.connect(node.bootstrapServers)))
    await expectServed()
    const answers = await Promise.all(others.map((other) => other.send(ApiVersions, 0, {})))
    expect(new Set(answers.map(({ errorCode }) => errorCode))).toEqual(new Set([ErrorCode.NONE]))
    for (const other of others) other.close()
    await eventually(async () => ((await wire.send(ApiVersions, 0, {})).errorCode === 0 ? true : undefined))
  })
})
