/** The faults of a run, one after the other, drawn from the seed. */
import { type Clock, type Random, randomBelow, sleep } from '@millrace/base'
import type { FaultyTransport, TransportFaults } from '@millrace/network'
import type { Kernel } from './kernel/kernel.ts'
import type { SimMachine } from './kernel/process.ts'
import { type BrokerHost, slowDisk, usualDisk } from './world/broker-host.ts'

export interface DisturbanceOptions {
  readonly kernel: Kernel
  readonly random: Random
  readonly broker: BrokerHost
  readonly brokerCable: FaultyTransport
  readonly clients: readonly { readonly machine: SimMachine; readonly cable: FaultyTransport }[]
  /** Whether power may be cut; else processes are killed. */
  readonly cutsPower: boolean
}

type Fault = (clock: Clock) => Promise<void> | void

const downMsMax = 2000
const troubleMsMax = 6000
const pauseMsMax = 8000
const jumpMsMax = 3_600_000
/** Wall clocks stay this near to the right time, so that nothing is deleted for its age. */
const wallOffsetMsMax = 4 * jumpMsMax

export class Disturbance {
  readonly #options: DisturbanceOptions
  readonly #counts: Record<string, number> = {}
  /** How the clients' networks are in good times. */
  readonly #usualFaults: readonly TransportFaults[]
  /** Each as often as it is in the list. */
  readonly #faults: readonly (readonly [name: string, fault: Fault])[]
  /** What ends the troubles that go on. */
  readonly #cures = new Set<() => void>()

  constructor(options: DisturbanceOptions) {
    this.#options = options
    this.#usualFaults = options.clients.map(({ cable }) => ({ ...cable.faults }))
    this.#faults = [
      ['crash', (clock) => this.#crash(clock)],
      ['crash', (clock) => this.#crash(clock)],
      ['crash', (clock) => this.#crash(clock)],
      ['crash', (clock) => this.#crash(clock)],
      ['restart', () => this.#restart()],
      ['reset all', () => options.brokerCable.resetAll()],
      ['reset one', () => this.#client().cable.resetAll()],
      ['bad network', () => this.#badNetwork()],
      ['cut', () => this.#cut()],
      ['clock jump', () => this.#jump()],
      ['clock jump', () => this.#jump()],
      ['pause', () => this.#pause()],
      ['slow disk', () => this.#slowDisk()],
      ['full disk', () => this.#fullDisk()],
    ]
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts
  }

  /** The next fault. Some end with it, some go on for a while. */
  async next(clock: Clock): Promise<void> {
    const { random, kernel } = this.#options
    const [name, fault] = this.#faults[randomBelow(random, this.#faults.length)] as readonly [string, Fault]
    this.#counts[name] = (this.#counts[name] ?? 0) + 1
    kernel.note(`fault ${name}`)
    await fault(clock)
  }

  /** No more faults: everything is connected, and the broker runs. */
  async end(): Promise<void> {
    for (const cure of [...this.#cures]) cure()
    while (!this.#options.broker.isRunning) await this.#options.broker.start()
  }

  /** Kills the broker, or its whole computer, and starts it again, which may be cut short by the next crash. */
  async #crash(clock: Clock): Promise<void> {
    const { random, broker, cutsPower } = this.#options
    for (;;) {
      // What a killed process had not synced is found by the next one, and may be gone after that one's power cut.
      const kind = cutsPower && randomBelow(random, 5) < 3 ? 'power' : 'process'
      broker.crash(kind, randomBelow(random, 2) === 0 ? 'reset' : 'silent')
      await sleep(clock, randomBelow(random, downMsMax))
      const starting = broker.start()
      if (randomBelow(random, 4) > 0) {
        await starting
        return
      }
      await sleep(clock, randomBelow(random, 200))
    }
  }

  async #restart(): Promise<void> {
    const { broker } = this.#options
    await broker.stop()
    await broker.start()
  }

  #badNetwork(): void {
    const { random, clients } = this.#options
    for (const [index, { cable }] of clients.entries()) {
      cable.faults = {
        refuseChance: 0.2,
        resetChance: randomBelow(random, 2) === 0 ? 0 : 0.02,
        splitChance: 0.3,
        delayMsMax: randomBelow(random, 60),
      }
      this.#forAWhile(() => {
        cable.faults = { ...(this.#usualFaults[index] as TransportFaults) }
      })
    }
  }

  #cut(): void {
    const { cable } = this.#client()
    cable.cut()
    this.#forAWhile(() => cable.heal())
  }

  #jump(): void {
    const { random, broker, clients } = this.#options
    const machines = [broker.machine, ...clients.map(({ machine }) => machine)]
    const machine = randomBelow(random, 2) === 0 ? broker.machine : this.#one(machines)
    const deltaMs = randomBelow(random, 2 * jumpMsMax) - jumpMsMax
    if (Math.abs(machine.wallOffsetMs + deltaMs) <= wallOffsetMsMax) machine.jump(deltaMs)
  }

  #pause(): void {
    this.#options.broker.process?.pause(randomBelow(this.#options.random, pauseMsMax))
  }

  #slowDisk(): void {
    const { broker } = this.#options
    broker.diskSpeed = slowDisk
    this.#forAWhile(() => {
      broker.diskSpeed = usualDisk
    })
  }

  #fullDisk(): void {
    const { broker } = this.#options
    broker.isDiskFull = true
    this.#forAWhile(() => {
      broker.isDiskFull = false
    })
  }

  #forAWhile(cure: () => void): void {
    const { kernel, random } = this.#options
    const once = () => {
      if (this.#cures.delete(once)) cure()
    }
    this.#cures.add(once)
    kernel.scheduleAt(kernel.nowMs + randomBelow(random, troubleMsMax), 'cure', once)
  }

  #client() {
    return this.#one(this.#options.clients)
  }

  #one<T>(items: readonly T[]): T {
    return items[randomBelow(this.#options.random, items.length)] as T
  }
}
