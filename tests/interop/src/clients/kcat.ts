/** kcat, that is librdkafka. */
import { Child } from '@millrace/peers'
import { encodeDelimited, frameParser, kcatFrameFormat } from '../record-stream.ts'
import type { Client } from './client.ts'

export const kcat: Client = {
  name: 'kcat',
  encode: encodeDelimited,

  startProducer({ address, topic, codec }) {
    const settings = ['enable.idempotence=true', 'acks=all', 'message.timeout.ms=120000', 'linger.ms=20']
    // As the Java client; its own default hashes keys another way.
    settings.push('partitioner=murmur2_random')
    return new Child({
      name: `kcat -P ${topic}`,
      command: 'kcat',
      // -E: goes on while no broker is up.
      args: [
        '-P',
        '-E',
        '-b',
        address,
        '-t',
        topic,
        '-K',
        '\\x01',
        '-D',
        '\\x02',
        '-z',
        codec,
        ...properties(settings),
      ],
    })
  },

  startMember({ address, topic, group, member, onRecord }) {
    const settings = ['auto.offset.reset=earliest', 'session.timeout.ms=10000', `client.id=kcat-${member}`]
    return new Child({
      name: `kcat -G ${group}, member ${member}`,
      command: 'kcat',
      // -u: its last records must not wait in a buffer.
      args: ['-b', address, '-E', '-u', '-f', kcatFrameFormat, ...properties(settings), '-G', group, topic],
      onOutput: frameParser(onRecord),
    })
  },
}

function properties(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ['-X', setting])
}
