/** The types that follow from the declarations. Checked by the type checker; at run time nothing happens. */
import { describe, expectTypeOf, it } from 'vitest'
import type {
  ApiSpec,
  Chunk,
  Encodable,
  ExternalBytes,
  Fetch,
  FetchPartition,
  FetchPartitionData,
  FetchRequest,
  FetchResponse,
  FetchTopic,
  Heartbeat,
  HeartbeatRequest,
  Item,
  MetadataRecord,
  ProduceRequest,
  RequestInput,
  ResponseInput,
} from '../src/index.ts'
import { apis, decodeRequestBody, encodeBody, encodeRequest, Heartbeat as heartbeat } from '../src/index.ts'

describe('types', () => {
  it('have every field when decoded, and may leave out any when encoded', () => {
    expectTypeOf<HeartbeatRequest['groupId']>().toEqualTypeOf<string>()
    expectTypeOf<HeartbeatRequest['groupInstanceId']>().toEqualTypeOf<string | null>()
    expectTypeOf<HeartbeatRequest['generationId']>().toEqualTypeOf<number>()
    expectTypeOf<{}>().toExtend<RequestInput<typeof Heartbeat>>()
    expectTypeOf<HeartbeatRequest>().toExtend<RequestInput<typeof Heartbeat>>()
    expectTypeOf<{ errorCode: string }>().not.toExtend<ResponseInput<typeof Heartbeat>>()
  })

  it('follow nested structs and arrays', () => {
    expectTypeOf<FetchPartition['fetchOffset']>().toEqualTypeOf<number>()
    expectTypeOf<FetchPartition['highWatermark']>().toEqualTypeOf<bigint>()
    expectTypeOf<Item<Item<FetchRequest['topics']>['partitions']>>().toExtend<FetchPartition>()
    expectTypeOf<FetchResponse['nodeEndpoints'][number]['rack']>().toEqualTypeOf<string | null>()
    expectTypeOf<FetchPartitionData['abortedTransactions']>().toExtend<readonly { producerId: number }[] | null>()
  })

  it('take records in pieces and give them as one buffer', () => {
    expectTypeOf<FetchPartitionData['records']>().toEqualTypeOf<Buffer | null>()
    type Given = NonNullable<
      Item<NonNullable<Item<NonNullable<ResponseInput<typeof Fetch>['responses']>>['partitions']>>['records']
    >
    expectTypeOf<Given>().toEqualTypeOf<Buffer | readonly Chunk[] | ExternalBytes>()
    expectTypeOf<Item<Item<ProduceRequest['topicData']>['partitionData']>['records']>().toEqualTypeOf<Buffer | null>()
  })

  it('are read-only when decoded', () => {
    expectTypeOf<Pick<HeartbeatRequest, 'groupId'>>().toEqualTypeOf<{ readonly groupId: string }>()
    expectTypeOf<Pick<HeartbeatRequest, 'groupId'>>().not.toEqualTypeOf<{ groupId: string }>()
    expectTypeOf<FetchRequest['topics']>().not.toExtend<FetchTopic[]>()
    expectTypeOf<FetchRequest['topics']>().toExtend<readonly FetchTopic[]>()
  })

  it('know no other fields than the declared ones', () => {
    type Names = 'groupId' | 'generationId' | 'memberId' | 'groupInstanceId' | 'unknownTaggedFields'
    expectTypeOf<keyof RequestInput<typeof Heartbeat>>().toEqualTypeOf<Names>()
    expectTypeOf<keyof HeartbeatRequest>().toEqualTypeOf<Names>()
  })

  it('come out of the functions that take an API', () => {
    expectTypeOf(decodeRequestBody<(typeof heartbeat)['request']['fields']>).returns.toExtend<HeartbeatRequest>()
    expectTypeOf(encodeBody(heartbeat.request, 0, { groupId: 'g' })).toEqualTypeOf<Chunk[]>()
    expectTypeOf(encodeRequest<(typeof heartbeat)['request']['fields']>)
      .parameter(3)
      .toEqualTypeOf<RequestInput<typeof Heartbeat>>()
    expectTypeOf(heartbeat).toExtend<ApiSpec>()
    expectTypeOf(apis).toEqualTypeOf<readonly ApiSpec[]>()
  })

  it('narrow records by their type', () => {
    type Topic = Extract<MetadataRecord, { type: 'TopicRecord' }>
    expectTypeOf<Topic['data']['topicId']>().toEqualTypeOf<string>()
    expectTypeOf<MetadataRecord['version']>().toEqualTypeOf<number>()
    expectTypeOf<Encodable<(typeof heartbeat)['response']>['errorCode']>().toEqualTypeOf<number | undefined>()
  })
})
