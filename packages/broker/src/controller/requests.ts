/** Requests to the active controller, as decisions: from Kafka's messages to the metadata package's functions and back. */
import { zeroUuid } from '@millrace/base'
import {
  allocateProducerIds,
  alterConfigs,
  alterPartition,
  assignReplicasToDirs,
  type ConfigChange,
  type ConfigResource,
  type ConfigValidator,
  configOperation,
  configResourceType,
  configsOf,
  createPartitions,
  createTopics,
  deleteTopics,
  heartbeat,
  type MetadataImage,
  registerBroker,
} from '@millrace/metadata'
import {
  AllocateProducerIds,
  AlterConfigs,
  AlterPartition,
  AssignReplicasToDirs,
  BrokerHeartbeat,
  BrokerRegistration,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeQuorum,
  ErrorCode,
  IncrementalAlterConfigs,
  type Request,
  type ResponseInput,
} from '@millrace/protocol'
import { type DescribeQuorumReply, describeQuorumResponse, fromWireRequest } from '@millrace/raft'
import type { TypedApi } from '../handler.ts'
import type { ControllerContext } from '../services.ts'
import type { Controller } from './controller.ts'

/** What the translation of requests needs besides the controller. */
export interface ControllerRequestRules {
  readonly validateConfigs: ConfigValidator
  /** The effective configs of a topic with these overrides, as CreateTopics answers them. */
  describeTopicConfigs(overrides: ReadonlyMap<string, string>): readonly {
    readonly name: string
    readonly value: string | null
    readonly readOnly: boolean
    readonly configSource: number
    readonly isSensitive: boolean
  }[]
  describeQuorum(): Promise<{ readonly reply: DescribeQuorumReply; readonly wallClockOffsetMs: number }>
}

/** Answers one API at the active controller. Rejects with NotControllerError. */
export interface ControllerRequest {
  readonly api: TypedApi
  answer(controller: Controller, request: unknown, context: ControllerContext): Promise<unknown>
}

function define<const A extends TypedApi>(
  api: A,
  answer: (controller: Controller, request: Request<A>, context: ControllerContext) => Promise<ResponseInput<A>>,
): ControllerRequest {
  // The channel looks requests up by their API, so the request has its type.
  return { api, answer: (controller, request, context) => answer(controller, request as Request<A>, context) }
}

export function controllerRequests(rules: ControllerRequestRules): readonly ControllerRequest[] {
  return [
    define(BrokerRegistration, (controller, request) =>
      controller.submit((context) => registerBroker(context, request)),
    ),
    define(BrokerHeartbeat, (controller, request) => controller.submit((context) => heartbeat(context, request))),
    define(AlterPartition, (controller, request) => controller.submit((context) => alterPartition(context, request))),
    define(AssignReplicasToDirs, (controller, request) =>
      controller.submit((context) => assignReplicasToDirs(context, request)),
    ),
    define(AllocateProducerIds, (controller, request) =>
      controller.submit((context) => allocateProducerIds(context, request)),
    ),

    define(CreateTopics, async (controller, request) => {
      const created = await controller.submit((context) => createTopics(context, request))
      return {
        topics: created.map((topic) => ({
          name: topic.name,
          topicId: request.validateOnly ? zeroUuid : topic.topicId,
          errorCode: topic.errorCode,
          errorMessage: topic.errorMessage,
          numPartitions: topic.partitionCount,
          replicationFactor: topic.replicationFactor,
          configs: topic.errorCode === ErrorCode.NONE ? rules.describeTopicConfigs(topic.overrides) : [],
        })),
      }
    }),

    define(DeleteTopics, async (controller, request, { apiVersion }) => {
      const topics = apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
      const deleted = await controller.submit((context) => deleteTopics(context, topics))
      return { responses: deleted }
    }),

    define(CreatePartitions, async (controller, request) => ({
      results: await controller.submit((context) => createPartitions(context, request)),
    })),

    define(DescribeQuorum, async (_controller, request, { apiVersion }) =>
      describeQuorum(request, apiVersion, await rules.describeQuorum()),
    ),

    define(AlterConfigs, async (controller, request) => {
      const responses = await controller.submit(({ image }) => {
        const resources = request.resources.map((resource) => replacing(image, resource))
        return alterConfigs(image, resources, rules.validateConfigs, request.validateOnly)
      })
      return { responses }
    }),

    define(IncrementalAlterConfigs, async (controller, request) => {
      const resources = request.resources.map(({ resourceType, resourceName, configs }) => ({
        resourceType,
        resourceName,
        changes: configs.map(({ name, configOperation: operation, value }) => ({ name, operation, value })),
      }))
      const responses = await controller.submit(({ image }) =>
        alterConfigs(image, resources, rules.validateConfigs, request.validateOnly),
      )
      return { responses }
    }),
  ]
}

/** The legacy AlterConfigs names the whole set: what it leaves out is deleted. */
function replacing(
  image: MetadataImage,
  resource: {
    readonly resourceType: number
    readonly resourceName: string
    readonly configs: readonly { readonly name: string; readonly value: string | null }[]
  },
): ConfigResource {
  const { resourceType, resourceName, configs } = resource
  const named = new Set(configs.map(({ name }) => name))
  const set: ConfigChange[] = configs.map(({ name, value }) => ({ name, operation: configOperation.set, value }))
  const removed = [...configsOf(image, resourceType, resourceName).keys()]
    .filter((name) => !named.has(name))
    // The cluster's minimum ISR belongs to the ELR and stays unless it is named (reference 4.4).
    .filter((name) => !(resourceType === configResourceType.broker && name === 'min.insync.replicas'))
    .map((name) => ({ name, operation: configOperation.delete, value: null }))
  return { resourceType, resourceName, changes: [...set, ...removed] }
}

/** Only the metadata partition has a quorum; the tools ask for it by name. */
function describeQuorum(
  request: Request<typeof DescribeQuorum>,
  version: number,
  quorum: { readonly reply: DescribeQuorumReply; readonly wallClockOffsetMs: number },
): ResponseInput<typeof DescribeQuorum> {
  const isMetadata = fromWireRequest('DescribeQuorum', request) !== undefined
  if (isMetadata) return describeQuorumResponse(quorum.reply, version, quorum.wallClockOffsetMs)
  const errorMessage = version >= 2 ? { errorMessage: 'This server does not host this topic-partition.' } : {}
  const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return {
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, ...errorMessage })),
    })),
  }
}
