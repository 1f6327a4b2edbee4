/** DescribeConfigs, versions 1 to 4. 1 sources and synonyms, 3 types and documentation, 4 flexible. Rules: reference section 2.16. */
import { DescribeConfigs, ErrorCode } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

const topicType = 2
const brokerType = 4

export const describeConfigsHandler = defineHandler({
  api: DescribeConfigs,

  handle(request, _context, services) {
    return {
      results: request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
        const failed = (errorCode: number, errorMessage: string | null) => {
          return { errorCode, errorMessage, resourceType, resourceName, configs: [] }
        }
        if (resourceType === topicType && services.cluster().topic(resourceName) === undefined) {
          return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null)
        }
        if (resourceType === brokerType && resourceName !== '' && resourceName !== String(services.brokerId)) {
          return failed(
            ErrorCode.INVALID_REQUEST,
            `Unexpected broker id, expected ${services.brokerId} or empty string, but received ${resourceName}`,
          )
        }
        const described = services.configs.describe(resourceType, resourceName, {
          keys: configurationKeys,
          includeSynonyms: request.includeSynonyms,
          includeDocumentation: request.includeDocumentation,
        })
        if ('errorCode' in described) return failed(described.errorCode, described.message)
        return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs: described.entries }
      }),
    }
  },
})
