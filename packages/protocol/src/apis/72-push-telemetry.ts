/**
 * PushTelemetry (72): pushes client metrics.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bool, bytes, int8, int16, int32, uuid } from '../schema/field.ts'

export const PushTelemetry = defineApi({
  key: 72,
  name: 'PushTelemetry',
  route: 'any',
  versions: '0',
  flexible: 0,
  request: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
})

export interface PushTelemetryRequest extends Request<typeof PushTelemetry> {}
export interface PushTelemetryResponse extends Response<typeof PushTelemetry> {}
