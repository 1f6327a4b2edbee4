/** The faults of a run, one after the other, drawn from the seed. */
import { type Clock, type Random, randomBelow, sleep } from '@millrace/base'
import type { FaultyTransport } from '@millrace/network'
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
  /** Each as often as it is in the list. */
  readonly #faults: readonly (readonly [name: string, fault: Fault])[]
  /** What ends the troubles that go on. */
  readonly #cures = new Set<() => void>()

  constructor(options: DisturbanceOptions) {
    this.#options = options
    const crash = (clock: Clock) => this.#crash(clock, options.cutsPower ? 'power' : 'process')
    this.#faults = [
      ['crash', crash],
      ['crash', crash],
      ['crash', crash],
      ['kill', (clock) => this.#crash(clock, 'process')],
      ['restart', () => this.#restart()],
      ['reset all', () => options.brokerCable.resetAll()],
      ['reset one', () => this.#client().cable.resetAll()],
      ['bad network', () => this.#badNetwork()],
      ['cut', () => this.#cut()],
      ['clock jump', () => this.#jump()],
      ['clock jump', () => this.#jump()],
      ['pause', () => this.#pause()],
      ['slow disk', () => this.#slowDisk()],
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

  /** Kills the broker and starts it again, which may be cut short by the next crash. */
  async #crash(clock: Clock, kind: 'power' | 'process'): Promise<void> {
    const { random, broker } = this.#options
    for (;;) {
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
    for (const { cable } of clients) {
      const usual = cable.faults
      cable.faults = {
        refuseChance: 0.2,
        resetChance: randomBelow(random, 2) === 0 ? 0 : 0.02,
        splitChance: 0.3,
        delayMsMax: randomBelow(random, 60),
      }
      this.#forAWhile(() => {
        cable.faults = usual
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
