/** Request and response headers, and which version of them a message has. */
import type { ApiFacts } from './api.ts'
import { int16, int32, string } from './schema/field.ts'
import { defineSchema } from './schema/schema.ts'

/** Version 0 had no client id; its only user, ControlledShutdown version 0, is gone. */
export const requestHeader = defineSchema({
  name: 'RequestHeader',
  versions: '1-2',
  flexible: 2,
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullable: '1+', classic: true }),
  },
})

export const responseHeader = defineSchema({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: 1,
  fields: { correlationId: int32() },
})

/** 2 for flexible versions, else 1; also for versions that do not exist, so that their header can be read. */
export function requestHeaderVersion(api: Pick<ApiFacts, 'flexible'>, version: number): number {
  return version >= api.flexible ? 2 : 1
}

/** 1 for flexible versions, else 0. ApiVersions is always answered with 0: its caller does not know yet what the broker speaks. */
export function responseHeaderVersion(api: Pick<ApiFacts, 'flexible' | 'responseHeader'>, version: number): number {
  return api.responseHeader ?? (version >= api.flexible ? 1 : 0)
}
