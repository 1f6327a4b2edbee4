/** DescribeConfigs, versions 1 to 4. 1 sources and synonyms, 3 types and documentation, 4 flexible. Rules: reference section 2.16. */
import { topicNameProblem } from '@millrace/metadata'
import { DescribeConfigs, ErrorCode } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

const topicType = 2

export const describeConfigsHandler = defineHandler({
  api: DescribeConfigs,

  handle(request, _context, services) {
    return {
      results: request.resources.map(({ resourceType, resourceName, configurationKeys }) => {
        const failed = (errorCode: number, errorMessage: string | null) => {
          return { errorCode, errorMessage, resourceType, resourceName, configs: [] }
        }
        if (resourceType === topicType) {
          const problem = topicNameProblem(resourceName)
          if (problem !== undefined) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
          if (services.cluster().topic(resourceName) === undefined) {
            return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null)
          }
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
