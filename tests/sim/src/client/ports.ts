/** What every client is given, simulated or not. */
import type { Clock, Random } from '@millrace/base'
import type { Address, Transport } from '@millrace/network'
import type { History } from '../history.ts'
import { ConnectionLost, RawConnection } from './connection.ts'

export interface ClientPorts {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly address: Address
  readonly history: History
  /** A request that is not answered in this time loses the connection. */
  readonly requestTimeoutMs: number
}

/** A connection, or undefined when there is none to be had now. */
export async function tryConnect(ports: ClientPorts, clientId: string): Promise<RawConnection | undefined> {
  const { transport, clock, address, requestTimeoutMs } = ports
  try {
    return await RawConnection.open({ transport, clock, address, clientId, requestTimeoutMs })
  } catch (error) {
    if (error instanceof ConnectionLost) return undefined
    throw error
  }
}
