/**
 * UpdateFeatures (57): raises or lowers finalized feature levels.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: request adds featureUpdates[].upgradeType, validateOnly; drops featureUpdates[].allowDowngrade.
 * - 2: response drops results.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const UpdateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  route: 'controller',
  versions: '0-2',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  clusterAction: true,
  request: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ v: '0' }),
      upgradeType: int8({ v: '1+', default: 1 }),
    }),
    validateOnly: bool({ v: '1+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array(
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      },
      { v: '0-1', ignorable: true },
    ),
  },
})

export interface UpdateFeaturesRequest extends Request<typeof UpdateFeatures> {}
export interface UpdateFeaturesResponse extends Response<typeof UpdateFeatures> {}
export interface FeatureUpdateKey extends Item<UpdateFeaturesRequest['featureUpdates']> {}
export interface UpdatableFeatureResult extends Item<UpdateFeaturesResponse['results']> {}
