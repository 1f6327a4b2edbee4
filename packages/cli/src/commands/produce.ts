/** `millrace produce` */
import { Producer } from '@millrace/producer'
import { type Command, CommandError, exitCode, UsageError } from '../command.ts'
import { reachTimeoutMs, serverOf, serverOption } from '../connect.ts'
import { encodings, type ParsedRecord, parseJsonLine, parseTextLine, type TextEncoding } from '../record-lines.ts'

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export const produceCommand: Command = {
  name: 'produce',
  summary: 'Write the lines of standard input to a topic, a record each',
  positionals: [{ name: 'topic', summary: 'name of the topic' }],
  options: {
    'key-separator': { kind: 'text', short: 'k', summary: 'What stands between key and value', value: 'TEXT' },
    json: { kind: 'flag', summary: 'Lines are JSON: key, value, headers, partition, timestamp' },
    encoding: {
      kind: 'text',
      summary: 'How bytes are written in the JSON',
      choices: encodings,
      default: 'utf8',
    },
    partition: { kind: 'number', short: 'p', summary: 'The partition of all records', default: 'by the key' },
    compression: { kind: 'text', summary: 'Compression of batches', choices: compressions, default: 'none' },
    ...serverOption,
  },
  examples: [
    { command: 'echo hello | millrace produce greetings', summary: 'One record' },
    { command: 'millrace produce orders --key-separator : < orders.txt', summary: 'Lines such as u1:three apples' },
    { command: 'millrace produce copy --json < records.jsonl', summary: 'With headers, partitions and timestamps' },
  ],

  async run(input, { terminal }) {
    const topic = input.positionals[0] as string
    const separator = input.text('key-separator')
    if (input.flag('json') && separator !== undefined) {
      throw new UsageError('--json has the key in each line: leave --key-separator out')
    }
    if (separator === '') throw new UsageError('--key-separator must not be empty')
    const encoding = (input.text('encoding') ?? 'utf8') as TextEncoding
    const parse = (line: string) =>
      input.flag('json') ? parseJsonLine(line, encoding) : parseTextLine(line, separator)
    const compression = (input.text('compression') ?? 'none') as (typeof compressions)[number]
    const producer = new Producer({
      brokers: serverOf(input),
      clientId: 'millrace-cli',
      compression,
      maxBlockMs: reachTimeoutMs,
    })
    let lineCount = 0
    try {
      for await (const line of terminal.readLines()) {
        lineCount++
        const isRoomy = producer.enqueue(topic, toRecord(parse(line), input.number('partition')))
        if (!isRoomy) await producer.ready()
      }
    } catch (error) {
      // What was read before the bad line is written all the same; that failing too adds nothing.
      await producer.close().catch(() => {})
      const reason = error instanceof Error ? error.message : String(error)
      if (lineCount === 0) throw error
      throw new CommandError(`Line ${lineCount}: ${reason}. The lines before it were sent, those after it were not.`)
    }
    await producer.close()
    return exitCode.ok
  },
}

function toRecord({ key, value, headers, partition, timestamp }: ParsedRecord, partitionOfAll: number | undefined) {
  const target = partition ?? partitionOfAll
  return {
    key,
    value,
    ...(headers.length === 0 ? {} : { headers }),
    ...(target === undefined ? {} : { partition: target }),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}
