/** Our own `millrace produce` and `millrace consume`, that is, our own SDK. */
import { Child } from '@millrace/peers'
import { millraceProgram } from '../brokers/millrace.ts'
import { encodeJsonLine, jsonLineParser } from '../record-stream.ts'
import type { Client } from './client.ts'

export const millraceCli: Client = {
  name: 'millrace',
  encode: encodeJsonLine,

  startProducer({ address, topic, codec }) {
    const place = ['--bootstrap-server', address]
    const args = ['produce', topic, ...place, '--json', '--encoding', 'base64', '--compression', codec]
    return new Child({ name: `millrace produce ${topic}`, ...millraceProgram(args) })
  },

  startMember({ address, topic, group, member, onRecord }) {
    const place = ['--bootstrap-server', address, '--group', group, '--from-beginning']
    const args = ['consume', topic, ...place, '--json', '--encoding', 'base64']
    return new Child({
      name: `millrace consume ${topic}, member ${member}`,
      ...millraceProgram(args),
      onOutput: jsonLineParser(onRecord),
    })
  },
}
