/** The command line. */
import { parseArgs } from 'node:util'

export const peerNames = ['kafka', 'null', 'kafkajs', 'platformatic', 'librdkafka', 'java'] as const
export type PeerName = (typeof peerNames)[number]

export const brokerNames = ['millrace', 'kafka'] as const
export type BrokerName = (typeof brokerNames)[number]

export type Durability = 'os' | 'fsync'
export type Acks = 'all' | '1'

export interface Options {
  readonly scenario: string
  /** Undefined: all that the scenario has. */
  readonly peers: readonly PeerName[] | undefined
  readonly on: readonly BrokerName[]
  /** Less of everything, one round, nothing written. */
  readonly isQuick: boolean
  readonly rounds: number
  /** How long one run of a producer takes. */
  readonly durationMs: number
  /** The following replace the scenario's own choices. */
  readonly partitions: readonly number[] | undefined
  readonly batchSizes: readonly number[] | undefined
  readonly recordSizes: readonly number[] | undefined
  readonly acks: readonly Acks[] | undefined
  readonly durability: Durability
}

export const usage = `Usage: npm run bench -- <scenario> [options]
       npm run bench -- list
  --peer NAMES        with which peers, of kafka, null, kafkajs, platformatic, librdkafka, java (all that the scenario has)
  --on NAMES          on which brokers: millrace, kafka (both)
  --quick             less of everything, one round; writes no results
  --rounds N          runs of each, in turn (5)
  --seconds N         how long a producer runs (5; quick 1)
  --partitions N,...  partitions of the topic
  --batch N,...       bytes of a batch
  --size N,...        bytes of a record's value
  --acks all,1        who must have a record
  --durability MODE   os: written counts; fsync: on the disk counts (os)`

/** Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peer: { type: 'string' },
      on: { type: 'string', default: 'millrace,kafka' },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      partitions: { type: 'string' },
      batch: { type: 'string' },
      size: { type: 'string' },
      acks: { type: 'string' },
      durability: { type: 'string', default: 'os' },
    },
  })
  const [scenario, ...more] = positionals
  if (scenario === undefined || more.length > 0) throw new Error('One scenario, or list')
  const { quick: isQuick, durability } = values
  if (durability !== 'os' && durability !== 'fsync')
    throw new Error(`--durability takes os or fsync, not ${durability}`)
  return {
    scenario,
    peers: values.peer === undefined ? undefined : namesOf('--peer', values.peer, peerNames),
    on: namesOf('--on', values.on, brokerNames),
    isQuick,
    rounds: numberOf('--rounds', values.rounds ?? (isQuick ? '1' : '5'), 1, 100),
    durationMs: numberOf('--seconds', values.seconds ?? (isQuick ? '1' : '5'), 0.1, 600) * 1000,
    partitions: numbersOf('--partitions', values.partitions, 1, 10_000),
    batchSizes: numbersOf('--batch', values.batch, 1024, 16 << 20),
    recordSizes: numbersOf('--size', values.size, 16, 1 << 20),
    acks: values.acks === undefined ? undefined : namesOf('--acks', values.acks, ['all', '1'] as const),
    durability,
  }
}

function namesOf<T extends string>(option: string, text: string, known: readonly T[]): readonly T[] {
  return text.split(',').map((name) => {
    const match = known.find((each) => each === name)
    if (match === undefined) throw new Error(`${option} takes ${known.join(', ')}, not ${name}`)
    return match
  })
}

function numbersOf(option: string, text: string | undefined, min: number, max: number): readonly number[] | undefined {
  return text?.split(',').map((each) => numberOf(option, each, min, max))
}

function numberOf(option: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new Error(`${option} takes numbers from ${min} to ${max}, not ${text}`)
}
