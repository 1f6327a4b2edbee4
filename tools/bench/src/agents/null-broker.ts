/**
 * A broker that acknowledges and stores nothing: every topic exists, every batch is received in full and forgotten. What a client reaches
 * against it is what the client itself can do.
 */
import { systemRandom } from '@millrace/base'
import { type Connection, FrameAssembler, nodeTransport, PartialFrameBudget } from '@millrace/network'
import {
  ApiVersions,
  type Chunk,
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponse,
  InitProducerId,
  Metadata,
  Produce,
} from '@millrace/protocol'
import { givenArguments } from './stage.ts'

const given = givenArguments()
const address = { host: '127.0.0.1', port: given.number('port') }
const partitionCount = given.number('partitions')
const nodeId = 1
const frameSizeMax = 100 << 20
/** Topics go by name: version 13 of Produce would need their ids. */
const served = [
  { apiKey: Produce.key, minVersion: 3, maxVersion: 12 },
  { apiKey: Metadata.key, minVersion: 0, maxVersion: 9 },
  { apiKey: ApiVersions.key, minVersion: 0, maxVersion: 4 },
  { apiKey: InitProducerId.key, minVersion: 0, maxVersion: 5 },
]
let offset = 0

function answer(frame: Buffer): Chunk[] | undefined {
  const { apiKey, apiVersion: version, correlationId, bodyPosition } = decodeRequestHeader(frame)
  switch (apiKey) {
    case Produce.key: {
      const { acks, topicData } = decodeRequestBody(Produce, version, frame, bodyPosition)
      const responses = topicData.map(({ name, partitionData }) => ({
        name,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: 0, baseOffset: offset++ })),
      }))
      return acks === 0 ? undefined : encodeResponse(Produce, version, correlationId, { responses, throttleTimeMs: 0 })
    }
    case Metadata.key: {
      const { topics } = decodeRequestBody(Metadata, version, frame, bodyPosition)
      return encodeResponse(Metadata, version, correlationId, {
        brokers: [{ nodeId, ...address }],
        controllerId: nodeId,
        topics: (topics ?? []).map(({ name }) => ({ errorCode: 0, name: name!, partitions: partitions() })),
      })
    }
    case InitProducerId.key: {
      const producerId = systemRandom.uint32()
      return encodeResponse(InitProducerId, version, correlationId, {
        throttleTimeMs: 0,
        errorCode: 0,
        producerId,
        producerEpoch: 0,
      })
    }
    case ApiVersions.key:
      return encodeResponse(ApiVersions, version, correlationId, { errorCode: 0, apiKeys: served })
    default:
      throw new Error(`The null broker has no API ${apiKey}`)
  }
}

function partitions() {
  const nodes = { leaderId: nodeId, leaderEpoch: 0, replicaNodes: [nodeId], isrNodes: [nodeId] }
  return Array.from({ length: partitionCount }, (_, partitionIndex) => ({ errorCode: 0, partitionIndex, ...nodes }))
}

function serve(connection: Connection): void {
  const assembler = new FrameAssembler(frameSizeMax, new PartialFrameBudget(frameSizeMax * 4))
  connection.start({
    onData(bytes) {
      for (const frame of assembler.push(bytes)) {
        const chunks = answer(frame)
        if (chunks !== undefined) connection.write(chunks as Buffer[])
      }
    },
    onDrain() {},
    onClose() {},
  })
}

await nodeTransport.listen(address, serve)
