/** confluent-kafka for Python: librdkafka as applications use it. */
import { fileURLToPath } from 'node:url'
import { Child } from '@millrace/peers'
import { encodeDelimited, frameParser } from '../record-stream.ts'
import type { MemberTask, ProducerTask } from './agent.ts'
import type { Client } from './client.ts'

const sources = fileURLToPath(new URL('../../python/', import.meta.url))

/** `libraries` is the folder of what its Python programs import. */
export function confluent(libraries: string): Client {
  const program = (name: string, task: ProducerTask | MemberTask) => ({
    command: 'python3',
    args: [`${sources}${name}.py`, JSON.stringify(task)],
    env: { PYTHONPATH: libraries, PYTHONDONTWRITEBYTECODE: '1' },
  })
  return {
    name: 'confluent',
    encode: encodeDelimited,
    startProducer: ({ address, topic, codec }) =>
      new Child({ name: `confluent-kafka's producer to ${topic}`, ...program('producer', { address, topic, codec }) }),
    startMember: ({ address, topic, group, member, onRecord }) =>
      new Child({
        name: `confluent-kafka's consumer in ${group}, member ${member}`,
        ...program('member', { address, topic, group, member }),
        onOutput: frameParser(onRecord),
      }),
  }
}
