/** FindCoordinator, versions 0 to 6. 1 key types, 3 flexible, 4 several keys, 6 share groups. Rules: reference section 2.14. */
import { coordinatorPartition, ErrorCode, FindCoordinator } from '@millrace/protocol'
import { defineHandler, type RequestContext } from '../handler.ts'
import type { Services } from '../services.ts'

const groupKeyType = 0
/** Transactions and share partitions. */
const laterKeyTypes: ReadonlySet<number> = new Set([1, 2])

interface Coordinator {
  readonly key: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  /** Empty when there is no error. */
  readonly errorMessage: string
}

export const findCoordinatorHandler = defineHandler({
  api: FindCoordinator,

  handle(request, context, services) {
    if (context.apiVersion >= 4) {
      return { coordinators: request.coordinatorKeys.map((key) => find(key, request.keyType, context, services)) }
    }
    const { errorCode, errorMessage, nodeId, host, port } = find(request.key, request.keyType, context, services)
    return { errorCode, errorMessage: errorMessage === '' ? 'NONE' : errorMessage, nodeId, host, port }
  },
})

function find(key: string, keyType: number, context: RequestContext, services: Services): Coordinator {
  const failed = (errorCode: number, errorMessage: string): Coordinator => {
    return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage }
  }
  if (keyType !== groupKeyType) {
    const reason = laterKeyTypes.has(keyType) ? 'are not supported yet' : 'do not exist'
    return failed(ErrorCode.INVALID_REQUEST, `Coordinators of key type ${keyType} ${reason}`)
  }
  const topicName = '__consumer_offsets'
  const cluster = services.cluster()
  const topic = cluster.topic(topicName)
  if (topic === undefined) {
    services.topicCreation.request(topicName)
    return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The coordinator is not available.')
  }
  const partition = topic.partitions[coordinatorPartition(key, topic.partitions.length)]
  const broker = partition === undefined ? undefined : cluster.broker(partition.leader, context.listenerName)
  if (broker === undefined || broker.isFenced) {
    return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The coordinator is not available.')
  }
  return { key, nodeId: broker.id, host: broker.host, port: broker.port, errorCode: ErrorCode.NONE, errorMessage: '' }
}
