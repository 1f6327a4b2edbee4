/** Apache Kafka's ConsoleProducer and ConsoleConsumer. */
import { Child, type KafkaJars, quickJvmOptions } from '@millrace/peers'
import { consoleParser, encodeDelimited } from '../record-stream.ts'
import type { Client } from './client.ts'

export function javaConsole(jars: KafkaJars): Client {
  return {
    name: 'console',
    encode: encodeDelimited,

    startProducer({ address, topic, codec }) {
      const tool = 'org.apache.kafka.tools.ConsoleProducer'
      const args = ['--bootstrap-server', address, '--topic', topic, '--compression-codec', codec]
      // It reads lines by itself, and the values have many: its plug-in for other input keeps their bytes.
      args.push('--line-reader', 'DelimitedRecords', '--message-send-max-retries', '2147483647')
      return new Child({
        name: `ConsoleProducer to ${topic}`,
        command: 'java',
        args: [...quickJvmOptions(jars, '256m'), tool, ...args],
      })
    },

    // It ends with 0 whatever became of the records, and logs those that were given up.
    undelivered({ tail }) {
      return tail.includes('ERROR') ? tail : undefined
    },

    startMember({ address, topic, group, member, onRecord }) {
      const tool = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
      const args = ['--bootstrap-server', address, '--topic', topic, '--group', group, '--from-beginning']
      const format = ['print.partition=true', 'print.offset=true', 'print.key=true']
      format.push('key.separator=\x01', 'line.separator=\x02')
      return new Child({
        name: `ConsoleConsumer in ${group}, member ${member}`,
        command: 'java',
        args: [
          ...quickJvmOptions(jars, '256m'),
          tool,
          ...args,
          ...format.flatMap((each) => ['--formatter-property', each]),
        ],
        onOutput: consoleParser(onRecord),
      })
    },

    // A JVM's code after SIGTERM; its shutdown hook has committed and left.
    stopCodes: [143],
  }
}
