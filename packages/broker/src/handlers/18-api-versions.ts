/**
 * ApiVersions, versions 0 to 4, computed from the registered handlers. 3 software name, flexible, features; 4 features whose minimum
 * is 0. A version that is not known is answered in the layout of version 0 (KIP-511). Rules: reference section 2.2.
 */
import { ApiVersions, ErrorCode } from '@millrace/protocol'
import { supportedFeatures } from '../features.ts'
import { defineHandler } from '../handler.ts'

const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

export const apiVersionsHandler = defineHandler({
  api: ApiVersions,

  handle(request, context, services) {
    if (context.apiVersion >= 3) {
      const isNamed =
        softwarePattern.test(request.clientSoftwareName) && softwarePattern.test(request.clientSoftwareVersion)
      if (!isNamed) return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }
    }
    const cluster = services.cluster()
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: services.servedApis().map((api) => {
        return { apiKey: api.key, minVersion: api.advertisedMin ?? api.versions.min, maxVersion: api.stableMax }
      }),
      supportedFeatures: supportedFeatures
        .filter(({ min }) => context.apiVersion >= 4 || min > 0)
        .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
      finalizedFeaturesEpoch: cluster.lastOffset,
      finalizedFeatures: cluster
        .finalizedFeatures()
        .filter(({ level }) => level > 0)
        .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
    }
  },
})
