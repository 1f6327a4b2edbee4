/** Clients that are libraries: a program of ours (`agents/*.ts`) around each, so that each member of a group is a process. */
import { fileURLToPath } from 'node:url'
import { Child } from '@millrace/peers'
import type { ClientName } from '../plan.ts'
import { encodeDelimited, frameParser } from '../record-stream.ts'
import type { Client } from './client.ts'

/** What an agent is told, as JSON, in its only argument. */
export interface ProducerTask {
  readonly address: string
  readonly topic: string
  readonly codec: string
}

export interface MemberTask {
  readonly address: string
  readonly topic: string
  readonly group: string
  readonly member: number
}

export function agentClient(name: ClientName): Client {
  const program = (role: string, task: ProducerTask | MemberTask) => ({
    command: process.execPath,
    args: [fileURLToPath(new URL(`../agents/${name}-${role}.ts`, import.meta.url)), JSON.stringify(task)],
    env: { NODE_OPTIONS: '--conditions=@millrace/source --disable-warning=ExperimentalWarning' },
  })
  return {
    name,
    encode: encodeDelimited,
    startProducer: ({ address, topic, codec }) =>
      new Child({ name: `${name}'s producer to ${topic}`, ...program('producer', { address, topic, codec }) }),
    startMember: ({ address, topic, group, member, onRecord }) =>
      new Child({
        name: `${name}'s consumer in ${group}, member ${member}`,
        ...program('member', { address, topic, group, member }),
        onOutput: frameParser(onRecord),
      }),
  }
}
