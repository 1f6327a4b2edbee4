/** Our own `millrace produce`, that is, our own SDK. */
import { millraceProgram } from '../brokers/millrace.ts'
import { Child } from '../child.ts'
import { encodeJsonLine } from '../record-stream.ts'
import type { ProducingClient } from './client.ts'

export const millraceCli: ProducingClient = {
  name: 'millrace',
  encode: encodeJsonLine,

  startProducer({ address, topic, codec }) {
    const place = ['--bootstrap-server', address]
    const args = ['produce', topic, ...place, '--json', '--encoding', 'base64', '--compression', codec]
    return new Child({ name: `millrace produce ${topic}`, ...millraceProgram(args) })
  },
}
