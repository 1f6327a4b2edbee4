/**
 * GetTelemetrySubscriptions (71): asks which client metrics to push.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int8, int16, int32, string, uuid } from '../schema/field.ts'

export const GetTelemetrySubscriptions = defineApi({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  route: 'any',
  versions: '0',
  flexible: 0,
  request: {
    clientInstanceId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: bool(),
    requestedMetrics: array(string()),
  },
})

export interface GetTelemetrySubscriptionsRequest extends Request<typeof GetTelemetrySubscriptions> {}
export interface GetTelemetrySubscriptionsResponse extends Response<typeof GetTelemetrySubscriptions> {}
