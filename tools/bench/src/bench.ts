/** What a scenario works with: the options, brokers and clients that can be had, files, and a place to say what happens. */
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import type { BrokerProcess, KafkaJars } from '@millrace/peers'
import type { Program } from './agent-run.ts'
import { newKafka, newMillrace, newNullBroker } from './brokers/brokers.ts'
import { buildCommand } from './brokers/build.ts'
import { type Client, ensureJars, type Role } from './clients/programs.ts'
import type { Score } from './contest.ts'
import type { BrokerName, Options, PeerName } from './options.ts'
import type { Table } from './results/table.ts'
import { formatCount, significant } from './results/table.ts'
import { clientCpuOf, rateOf, type Sample } from './sample.ts'
import { Stand } from './stand.ts'

/** What a scenario found. */
export interface Report {
  /** Sentences under the tables: how it was measured, what it does not say. */
  readonly notes: readonly string[]
  readonly tables: readonly Table[]
  /** Everything that was measured, for the JSON file. */
  readonly raw: unknown
}

export interface Scenario {
  readonly name: string
  /** One line, for `list`. */
  readonly summary: string
  /** The goals of the plan that it measures. */
  readonly goals: string
  readonly peers: readonly PeerName[]
  run(bench: Bench): Promise<Report>
}

const valueSeed = 1
const touchedSizeMax = 8 * 2 ** 30

export class Bench {
  readonly options: Options
  readonly print: (line: string) => void
  /** Peers that could not be had, and why. */
  readonly skipped: string[] = []
  readonly #directory: string
  readonly #stands = new Set<Stand>()
  #bin: Promise<string> | undefined
  #jars: Promise<KafkaJars> | undefined
  #count = 0

  constructor(options: Options, directory: string, print: (line: string) => void) {
    this.options = options
    this.#directory = directory
    this.print = print
  }

  /** Names of topics, groups and directories that no other run has. */
  unique(prefix: string): string {
    this.#count++
    return `${prefix}-${this.#count}`
  }

  /** A file of this run's folder. */
  path(name: string): string {
    return join(this.#directory, name)
  }

  wants(peer: PeerName): boolean {
    return this.options.peers === undefined || this.options.peers.includes(peer)
  }

  leaveOut(what: string, error: unknown): void {
    const line = `${what} is skipped: ${(error instanceof Error ? error.message : `${error}`).split('\n')[0]}`
    if (this.skipped.includes(line)) return
    this.skipped.push(line)
    this.print(line)
  }

  /** Not started, on a directory that does not exist yet. */
  async newBroker(name: BrokerName | 'null', partitions = 1): Promise<BrokerProcess> {
    const { durability } = this.options
    const data = this.path(this.unique(name))
    if (name === 'null') return newNullBroker(partitions)
    if (name === 'kafka') {
      this.#jars ??= ensureJars()
      return newKafka(await this.#jars, data, durability)
    }
    this.#bin ??= buildCommand(this.path('command'))
    return newMillrace(await this.#bin, data, durability)
  }

  /** Started on a new directory; undefined, and named as skipped, when it cannot be had. */
  async stand(name: BrokerName | 'null', partitions = 1): Promise<Stand | undefined> {
    let stand: Stand
    try {
      stand = await Stand.start(await this.newBroker(name, partitions))
    } catch (error) {
      if (name === 'millrace') throw error
      this.leaveOut(name, error)
      return undefined
    }
    this.#stands.add(stand)
    return stand
  }

  async clear(stand: Stand): Promise<void> {
    this.#stands.delete(stand)
    await stand.stop()
    if (stand.process.dataDirectory !== '') rmSync(stand.process.dataDirectory, { recursive: true, force: true })
  }

  async clearAll(): Promise<void> {
    for (const stand of this.#stands) await this.clear(stand)
  }

  /** The clients that are wanted and can be had. */
  async clients(all: readonly Client[], role: Role): Promise<{ client: Client; program: Program }[]> {
    const found: { client: Client; program: Program }[] = []
    for (const client of all) {
      if (client.peer !== undefined && !this.wants(client.peer)) continue
      try {
        found.push({ client, program: await client.prepare(role) })
      } catch (error) {
        this.leaveOut(client.name, error)
      }
    }
    return found
  }

  /** A file of values, one on each line; `make` is for texts, else they are random letters. */
  values(size: number, make: (random: Random, size: number) => string = randomLetters, count = 1000): string {
    const random = seededRandom(valueSeed)
    const file = this.path(this.unique('values'))
    writeFileSync(file, Array.from({ length: count }, () => `${make(random, size)}\n`).join(''), 'latin1')
    return file
  }

  /**
   * Has the machine touch the memory that page caches will use: a virtual machine gets memory from its host when it first touches it, which
   * makes the first writes ten times slower than all later ones.
   */
  touchMemory(): void {
    if (this.options.isQuick) return
    const file = this.path('touched')
    const piece = Buffer.alloc(64 << 20, 1)
    const size = Math.min(touchedSizeMax, freemem() / 2)
    const descriptor = openSync(file, 'w')
    for (let written = 0; written < size; written += piece.length) writeSync(descriptor, piece)
    closeSync(descriptor)
    rmSync(file)
  }

  /** Prints a run as it ends. */
  readonly onSample = (name: string, round: number, sample: Sample | Error): void => {
    if (sample instanceof Error) {
      this.print(`  ${round + 1} ${name} failed: ${sample.message}`)
      return
    }
    const used = `${significant(clientCpuOf(sample))} client CPU s/M, ${significant(sample.brokerCpuSeconds)} s of the broker`
    const more = Object.entries(sample.more).map(([key, value]) => `${key} ${significant(value)}`)
    this.print(
      `  ${round + 1} ${name}: ${formatCount(rateOf(sample))}/s, ${used}${more.length > 0 ? `, ${more.join(', ')}` : ''}`,
    )
  }

  /** Failures as lines for the notes. */
  static failuresOf(scores: readonly Score<unknown>[]): string[] {
    return scores.flatMap(({ name, failure }) =>
      failure === undefined ? [] : [`${name} failed: ${failure.split('\n').slice(0, 3).join(' ')}`],
    )
  }
}

/** As the Java performance tool makes them: capital letters. */
function randomLetters(random: Random, size: number): string {
  return Array.from({ length: size }, () => String.fromCharCode(65 + randomBelow(random, 26))).join('')
}
