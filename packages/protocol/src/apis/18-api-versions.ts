/**
 * ApiVersions (18): tells which APIs, versions and features the broker serves.
 *
 * Versions 0 to 4, flexible from 3. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: flexible; request adds clientSoftwareName, clientSoftwareVersion; response adds supportedFeatures,
 *   finalizedFeaturesEpoch, finalizedFeatures, zkMigrationReady.
 * - 2, 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const ApiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  route: 'broker',
  versions: '0-4',
  flexible: 3,
  listeners: ['broker', 'controller'],
  responseHeader: 0,
  request: {
    clientSoftwareName: string({ v: '3+', ignorable: true }),
    clientSoftwareVersion: string({ v: '3+', ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({ apiKey: int16(), minVersion: int16(), maxVersion: int16() }),
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    supportedFeatures: array(
      { name: string(), minVersion: int16(), maxVersion: int16() },
      { v: '3+', tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64({ v: '3+', tag: 1, default: -1, ignorable: true }),
    finalizedFeatures: array(
      { name: string(), maxVersionLevel: int16(), minVersionLevel: int16() },
      { v: '3+', tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool({ v: '3+', tag: 3, ignorable: true }),
  },
})

export interface ApiVersionsRequest extends Request<typeof ApiVersions> {}
export interface ApiVersionsResponse extends Response<typeof ApiVersions> {}
export interface ApiVersionsResponseKey extends Item<ApiVersionsResponse['apiKeys']> {}
export interface ApiVersionsSupportedFeature extends Item<ApiVersionsResponse['supportedFeatures']> {}
export interface ApiVersionsFinalizedFeature extends Item<ApiVersionsResponse['finalizedFeatures']> {}
