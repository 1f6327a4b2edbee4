/** ListConfigResources, versions 0 and 1: which resources can have configs. Version 0 lists client metrics only. */
import { ErrorCode, ListConfigResources } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import type { Services } from '../services.ts'

const resourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const allTypes: readonly number[] = Object.values(resourceType)

export const listConfigResourcesHandler = defineHandler({
  api: ListConfigResources,

  handle(request, context, services) {
    const asked = context.apiVersion === 0 ? [resourceType.clientMetrics] : request.resourceTypes
    if (asked.some((type) => !allTypes.includes(type)))
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] }
    const types = asked.length === 0 ? allTypes : [...new Set(asked)]
    return {
      errorCode: ErrorCode.NONE,
      configResources: types.flatMap((type) =>
        namesOf(type, context.listenerName, services).map((resourceName) => ({ resourceName, resourceType: type })),
      ),
    }
  },
})

function namesOf(type: number, listenerName: string, services: Services): readonly string[] {
  const cluster = services.cluster()
  switch (type) {
    case resourceType.topic:
      return Array.from(cluster.topics(), (topic) => topic.name)
    case resourceType.broker:
    case resourceType.brokerLogger:
      return cluster.brokers(listenerName).map((broker) => String(broker.id))
    default:
      return cluster.configuredResources(type)
  }
}
