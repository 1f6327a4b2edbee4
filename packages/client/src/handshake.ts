/** What happens between a connection's first byte and its first use: an optional set-up step, then the versions. */
import { ApiVersions, type ApiVersionsResponse, ErrorCode } from '@millrace/protocol'
import type { BrokerConnection } from './connection.ts'
import { brokerError, MillraceError } from './error.ts'
import { apiVersionsStart, nextApiVersionsVersion, type ServedVersions, servedVersions } from './versions.ts'

/** A step before a connection is used, such as logging in. It ends within `timeoutMs`, or rejects. */
export type ConnectionSetup = (connection: BrokerConnection, served: ServedVersions, timeoutMs: number) => Promise<void>

/** What this client calls itself: letters, digits, `-` and `.` only (KIP-511). */
export interface ClientSoftware {
  readonly name: string
  readonly version: string
}

/** Asks the broker what it serves, in ever lower versions of the question until it understands. */
export async function negotiateVersions(
  connection: BrokerConnection,
  software: ClientSoftware,
  timeoutMs: number,
): Promise<ServedVersions> {
  let version: number | undefined = apiVersionsStart
  for (;;) {
    const body = { clientSoftwareName: software.name, clientSoftwareVersion: software.version }
    const response: ApiVersionsResponse = await connection.send(ApiVersions, version, body, timeoutMs)
    if (response.errorCode === ErrorCode.NONE) return servedVersions(response)
    const next: number | undefined =
      response.errorCode === ErrorCode.UNSUPPORTED_VERSION ? nextApiVersionsVersion(version, response) : undefined
    if (next === undefined) throw brokerError(response.errorCode, 'Asking for the versions', ApiVersions.name)
    version = next
  }
}

/** Makes a connection ready for use. Rejects with {@link MillraceError}; the caller closes the connection then. */
export async function prepareConnection(
  connection: BrokerConnection,
  software: ClientSoftware,
  setup: ConnectionSetup | undefined,
  timeoutMs: number,
): Promise<ServedVersions> {
  const served = await negotiateVersions(connection, software, timeoutMs)
  await setup?.(connection, served, timeoutMs)
  if (connection.closeError !== undefined) throw connection.closeError
  if (served.apis.size > 0) return served
  throw new MillraceError('unsupported-version', 'The broker announces no API at all', { apiName: ApiVersions.name })
}
