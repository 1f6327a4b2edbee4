/**
 * ControllerRegistration (70): registers a controller.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int16, int32, string, uint16, uuid } from '../schema/field.ts'

export const ControllerRegistration = defineApi({
  key: 70,
  name: 'ControllerRegistration',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['controller'],
  request: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    }),
    features: array({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
})

export interface ControllerRegistrationRequest extends Request<typeof ControllerRegistration> {}
export interface ControllerRegistrationResponse extends Response<typeof ControllerRegistration> {}
