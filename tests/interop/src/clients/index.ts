/** Every client of the suite. */
import type { ClientName } from '../plan.ts'
import type { KafkaJars } from '../tools/kafka-jars.ts'
import type { Python } from '../tools/python.ts'
import { agentClient } from './agent.ts'
import type { Client } from './client.ts'
import { confluent } from './confluent.ts'
import { javaConsole } from './java-console.ts'
import { kcat } from './kcat.ts'
import { millraceCli } from './millrace-cli.ts'

export type Clients = Readonly<Record<ClientName, Client>>

export function allClients(jars: KafkaJars, python: Python): Clients {
  return {
    kcat,
    confluent: confluent(python),
    kafkajs: agentClient('kafkajs'),
    platformatic: agentClient('platformatic'),
    console: javaConsole(jars),
    millrace: millraceCli,
  }
}
