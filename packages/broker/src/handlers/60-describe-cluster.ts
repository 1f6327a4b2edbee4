/** DescribeCluster, versions 0 to 2. 1 endpoint type, 2 fenced brokers. */
import { randomBelow } from '@millrace/base'
import { DescribeCluster, ErrorCode } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import { clusterOperations, operationsNotAsked } from '../security/operations.ts'

const brokersType = 1
const controllersType = 2

export const describeClusterHandler = defineHandler({
  api: DescribeCluster,

  handle(request, context, services) {
    const cluster = services.cluster()
    const failed = (errorCode: number, errorMessage: string) => {
      return { errorCode, errorMessage, endpointType: request.endpointType, clusterId: '', brokers: [] }
    }
    if (request.endpointType === controllersType) {
      return failed(ErrorCode.MISMATCHED_ENDPOINT_TYPE, 'The request was sent to an endpoint of the wrong type.')
    }
    if (request.endpointType !== brokersType) {
      return failed(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, `Unsupported endpoint type ${request.endpointType}`)
    }
    const brokers = cluster.brokers(context.listenerName)
    const alive = brokers.filter((broker) => !broker.isFenced)
    return {
      errorCode: ErrorCode.NONE,
      endpointType: brokersType,
      clusterId: cluster.clusterId,
      controllerId: alive[alive.length === 0 ? 0 : randomBelow(services.random, alive.length)]?.id ?? -1,
      brokers: (request.includeFencedBrokers ? brokers : alive).map(({ id, host, port, rack, isFenced }) => {
        return { brokerId: id, host, port, rack, isFenced }
      }),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : operationsNotAsked,
    }
  },
})
