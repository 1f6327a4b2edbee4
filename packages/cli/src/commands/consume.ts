/** `millrace consume` */
import { systemClock } from '@millrace/base'
import { Consumer, type Message, type StartAt } from '@millrace/consumer'
import { type Command, CommandError, type CommandInput, exitCode, UsageError } from '../command.ts'
import { serverOf, serverOption, withAdmin } from '../connect.ts'
import { encodings, formatJsonLine, formatTextLine, type TextEncoding } from '../record-lines.ts'
import { startPlace } from '../start-place.ts'
import type { Terminal } from '../terminal.ts'

/** Whatever the members of a running group have agreed on. */
const anyAssignor = ['range', 'roundrobin', 'sticky', 'cooperative-sticky']
/** Lines that are written at once. */
const batchRecordsMax = 500

export const consumeCommand: Command = {
  name: 'consume',
  summary: 'Print the records of topics, a line each',
  positionals: [{ name: 'topic', summary: 'name of the topic', isMany: true }],
  options: {
    group: {
      kind: 'text',
      short: 'g',
      summary: 'Read as a member of this group, which remembers what was read',
      value: 'NAME',
    },
    'from-beginning': {
      kind: 'flag',
      summary: 'Begin with the oldest record; with a group, where nothing is committed',
    },
    since: {
      kind: 'text',
      summary: 'Begin with the first record of that time or later',
      value: 'TIME',
      default: 'the end: only what is written from now on',
    },
    partition: { kind: 'number', short: 'p', summary: 'Only this partition', default: 'all' },
    offset: { kind: 'number', short: 'o', summary: 'Begin there, in that partition' },
    count: { kind: 'number', short: 'n', summary: 'End after so many records', default: 'goes on until Ctrl-C' },
    'exit-at-end': { kind: 'flag', short: 'e', summary: 'End when everything that is there has been printed' },
    json: {
      kind: 'flag',
      summary: 'Print a JSON object a line: topic, partition, offset, timestamp, key, value, headers',
    },
    encoding: { kind: 'text', summary: 'How bytes are printed', choices: encodings, default: 'utf8' },
    'key-separator': { kind: 'text', short: 'k', summary: 'Print the key and this before the value', value: 'TEXT' },
    ...serverOption,
  },
  examples: [
    { command: 'millrace consume orders --from-beginning', summary: 'Everything, and what comes' },
    { command: 'millrace consume orders --group billing --json', summary: 'Goes on where billing was' },
    { command: 'millrace consume orders --since 10m --exit-at-end', summary: 'The last ten minutes' },
    { command: 'millrace consume orders -p 2 -o 1042 -n 1 --json', summary: 'One record, with all that belongs to it' },
  ],

  async run(input, { terminal }) {
    const topics = input.positionals
    const place = {
      fromBeginning: input.flag('from-beginning'),
      since: input.text('since'),
      offset: input.number('offset'),
      partition: input.number('partition'),
      group: input.text('group'),
      topicCount: topics.length,
    }
    const from = startPlace(place, systemClock.now())
    const countMax = input.number('count') ?? Number.POSITIVE_INFINITY
    if (countMax < 1) throw new UsageError(`--count takes a number from 1 on, not ${countMax}`)
    const format = formatOf(input)
    await checkTopics(input, topics, place.partition)
    const consumer = openConsumer(input, topics, from)
    if (terminal.width !== undefined && from === 'latest' && place.offset === undefined) {
      terminal.writeError('Waiting for new records. --from-beginning prints what is there; Ctrl-C ends.\n')
    }
    try {
      const printing = {
        format,
        hasGroup: place.group !== undefined,
        offset: place.offset,
        countMax,
        exitAtEnd: input.flag('exit-at-end'),
      }
      await printRecords(consumer, printing, terminal)
    } finally {
      await consumer.close()
    }
    return exitCode.ok
  },
}

/** A topic or partition that is not there is an error here: waiting for it would look like waiting for records. */
async function checkTopics(input: CommandInput, names: readonly string[], partition: number | undefined) {
  const described = await withAdmin(input, (admin) => admin.describeTopics(names))
  for (const [name, result] of described) {
    if (!result.ok && result.error.brokerError === 'UNKNOWN_TOPIC_OR_PARTITION') {
      throw new CommandError(`Topic "${name}" does not exist. millrace topic list shows those that do.`)
    }
    if (!result.ok) throw new CommandError(result.error.message)
    const { length } = result.value.partitions
    if (partition !== undefined && partition >= length) {
      throw new CommandError(`Topic "${name}" has no partition ${partition}: it has ${length}, from 0 on.`)
    }
  }
}

function openConsumer(input: CommandInput, topics: readonly string[], from: StartAt): Consumer {
  const group = input.text('group')
  const partition = input.number('partition')
  const offset = input.number('offset')
  const options = { brokers: serverOf(input), clientId: 'millrace-cli', from }
  if (group !== undefined) return new Consumer({ ...options, topics, group, assignors: anyAssignor })
  if (partition === undefined) return new Consumer({ ...options, topics })
  const consumer = new Consumer(options)
  const [topic] = topics as [string]
  consumer.assign([{ topic, partition, ...(offset === undefined ? {} : { offset }) }])
  return consumer
}

function formatOf(input: CommandInput): (message: Message) => string {
  const encoding = (input.text('encoding') ?? 'utf8') as TextEncoding
  const separator = input.text('key-separator')
  if (input.flag('json') && separator !== undefined) {
    throw new UsageError('--json has the key in each line: leave --key-separator out')
  }
  if (input.flag('json')) return (message) => formatJsonLine(message, encoding)
  return (message) => formatTextLine(message, encoding, separator)
}

interface Printing {
  readonly format: (message: Message) => string
  readonly hasGroup: boolean
  /** The first offset, if the user named it. */
  readonly offset: number | undefined
  readonly countMax: number
  readonly exitAtEnd: boolean
}

async function printRecords(consumer: Consumer, printing: Printing, terminal: Terminal): Promise<void> {
  const { format, hasGroup, offset, countMax, exitAtEnd } = printing
  const ending = new AbortController()
  let failure: CommandError | undefined
  if (offset !== undefined) {
    consumer.on('reset', ({ topic, partition }) => {
      failure = new CommandError(`Partition ${partition} of "${topic}" has no offset ${offset} (any more, or yet).`)
      ending.abort()
    })
  }
  const signal = AbortSignal.any([terminal.signal, ending.signal])
  const until = exitAtEnd ? ({ until: 'end' } as const) : {}
  let count = 0
  for await (const batch of consumer.batches({ maxRecords: batchRecordsMax, signal, ...until })) {
    const messages = batch.messages.slice(0, countMax - count)
    await terminal.write(messages.map((message) => `${format(message)}\n`).join(''))
    count += messages.length
    if (count < countMax) continue
    // Leaving the loop gives the batch back; what was printed of it is done all the same.
    if (hasGroup) await messages.at(-1)?.commit()
    return
  }
  if (failure !== undefined) throw failure
}
