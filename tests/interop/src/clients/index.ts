/** Every client of the suite. */
import type { KafkaJars } from '@millrace/peers'
import type { ClientName } from '../plan.ts'
import { agentClient } from './agent.ts'
import type { Client } from './client.ts'
import { confluent } from './confluent.ts'
import { javaConsole } from './java-console.ts'
import { kcat } from './kcat.ts'
import { millraceCli } from './millrace-cli.ts'

export type Clients = Readonly<Record<ClientName, Client>>

export function allClients(jars: KafkaJars, pythonLibraries: string): Clients {
  return {
    kcat,
    confluent: confluent(pythonLibraries),
    kafkajs: agentClient('kafkajs'),
    platformatic: agentClient('platformatic'),
    console: javaConsole(jars),
    millrace: millraceCli,
  }
}
