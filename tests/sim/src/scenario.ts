/** One run: a broker, three clients, faults drawn from the seed, then a quiet time in which everything must come right. */
import { type Clock, type Random, randomBelow, sleep } from '@millrace/base'
import { FaultyTransport, MemoryNetwork, noTransportFaults } from '@millrace/network'
import { Panel } from './checkers/checker.ts'
import { checkers } from './checkers/index.ts'
import { Consumer } from './client/consumer.ts'
import { GroupMember } from './client/member.ts'
import type { ClientPorts } from './client/ports.ts'
import { IdempotentProducer } from './client/producer.ts'
import { createTopic } from './client/topic.ts'
import { readEverything } from './client/verifier.ts'
import { Disturbance } from './disturbance.ts'
import { History } from './history.ts'
import { SimulationFailure } from './kernel/failure.ts'
import { Kernel } from './kernel/kernel.ts'
import type { SimMachine } from './kernel/process.ts'
import type { Plant } from './plants/plant.ts'
import { drawShape, type Shape } from './shape.ts'
import { BrokerHost, brokerAddress } from './world/broker-host.ts'
import { ProcessTransport } from './world/process-transport.ts'

export interface RunOptions {
  readonly seed: number
  readonly plant?: Plant
  readonly keepsTrace?: boolean
}

/** What a run did: to see that runs are worth something. */
export interface RunCounts {
  readonly stepCount: number
  readonly simulatedMs: number
  readonly acknowledgedCount: number
  readonly readCount: number
  readonly commitCount: number
  readonly faults: Readonly<Record<string, number>>
}

export interface RunResult {
  readonly seed: number
  /** Equal for equal runs. */
  readonly traceHash: string
  readonly counts: RunCounts
  /** Undefined when all went well. */
  readonly failure: { readonly kind: string; readonly finder: string; readonly message: string } | undefined
  /** Empty unless it was asked for. */
  readonly trace: readonly string[]
  /** What the broker logged last. */
  readonly log: readonly string[]
}

const topic = 'events'
const group = 'readers'
const requestTimeoutMs = 4000
/** Within this time after the last fault, in simulated milliseconds, writes are accepted again and nothing waits any more. */
const convergeMsMax = 60_000

export async function runScenario(options: RunOptions): Promise<RunResult> {
  const world = new World(options)
  let failure: RunResult['failure']
  try {
    await world.kernel.run(() => world.play())
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    failure = { kind: error.kind, finder: error.finder, message: error.message }
  }
  const { kernel } = world
  return {
    seed: options.seed,
    traceHash: kernel.trace.hash,
    counts: world.counts(),
    failure,
    trace: kernel.trace.lines,
    log: world.broker.log,
  }
}

/** A client's computer. */
interface ClientHost {
  readonly machine: SimMachine
  readonly cable: FaultyTransport
  readonly ports: ClientPorts
}

class World {
  readonly kernel: Kernel
  readonly broker: BrokerHost
  readonly #random: Random
  readonly #shape: Shape
  readonly #network: MemoryNetwork
  readonly #brokerCable: FaultyTransport
  readonly #history: History
  readonly #disturbance: Disturbance
  readonly #clients: readonly ClientHost[]
  readonly #producer: IdempotentProducer
  readonly #consumer: Consumer
  readonly #member: GroupMember
  #readCount = 0

  constructor({ seed, plant, keepsTrace = false }: RunOptions) {
    const kernel = new Kernel({ seed, keepsTrace })
    this.kernel = kernel
    this.#random = kernel.random('scenario')
    this.#shape = drawShape(kernel.random('shape'))
    this.#history = this.#checkedHistory()
    const wire = kernel.process(kernel.machine('network'), 'network')
    this.#network = new MemoryNetwork(wire)
    this.#brokerCable = new FaultyTransport(this.#network.transport('broker'), wire, kernel.random('broker cable'))
    this.broker = new BrokerHost({
      kernel,
      network: this.#network,
      cable: this.#brokerCable,
      properties: this.#shape.brokerProperties,
      plant: plant?.create() ?? {},
    })
    const [writing, reading, grouped, verifying] = ['producer', 'consumer', 'member', 'verifier'].map((name) =>
      this.#clientHost(name),
    ) as [ClientHost, ClientHost, ClientHost, ClientHost]
    this.#clients = [writing, reading, grouped, verifying]
    const { partitionCount, producer, fetchVersion } = this.#shape
    const common = { topic, partitionCount, fetchVersion }
    this.#producer = new IdempotentProducer(writing.ports, { ...common, name: 'p', ...producer })
    this.#consumer = new Consumer(reading.ports, { ...common, name: 'consumer', seekOneIn: 15 })
    this.#member = new GroupMember(grouped.ports, { ...common, name: 'member', group, sessionTimeoutMs: 10_000 })
    this.#disturbance = new Disturbance({
      kernel,
      random: kernel.random('disturbance'),
      broker: this.broker,
      brokerCable: this.#brokerCable,
      clients: [writing, reading, grouped],
      cutsPower: this.#shape.cutsPower,
    })
  }

  counts(): RunCounts {
    return {
      stepCount: this.kernel.stepCount,
      simulatedMs: Math.round(this.kernel.nowMs),
      acknowledgedCount: this.#producer.acknowledgedCount,
      readCount: this.#readCount,
      commitCount: this.#member.committedCount,
      faults: this.#disturbance.counts,
    }
  }

  async play(): Promise<void> {
    const { kernel } = this
    const driver = kernel.process(kernel.machine('driver'), 'driver')
    await this.#within('The first start', this.broker.start())
    const setup = this.#clients[3] as ClientHost
    const configs = this.#shape.topicConfigs
    await this.#within('Creating a topic', createTopic(setup.ports, { ...this.#shape, name: topic, configs }))
    const clients = [this.#producer, this.#consumer, this.#member]
    const running = clients.map((client) => client.run())
    for (let count = this.#shape.faultCount; count > 0; count--) {
      await sleep(driver, randomBelow(this.#random, this.#shape.calmMsMax))
      await this.#within('A fault', this.#disturbance.next(driver))
    }
    await this.#within('The end of all faults', this.#disturbance.end())
    const before = this.#producer.acknowledgedCount
    await this.#within(
      'Accepting writes again',
      this.#until(driver, () => this.#producer.acknowledgedCount > before),
    )
    for (const client of clients) client.stop()
    await this.#within('Finishing what clients had begun', Promise.all(running))
    await this.#verify('Reading everything')
    await this.#within('A clean stop', this.broker.stop())
    await this.#within('A start after a clean stop', this.broker.start())
    await this.#verify('Reading everything after a clean stop')
    this.broker.crash(this.#shape.cutsPower ? 'power' : 'process', 'reset')
    await this.#within('A start after a crash', this.broker.start())
    await this.#verify('Reading everything after a crash')
  }

  #verify(what: string): Promise<void> {
    const { ports } = this.#clients[3] as ClientHost
    const { partitionCount, fetchVersion } = this.#shape
    return this.#within(what, readEverything(ports, { topic, group, partitionCount, fetchVersion }))
  }

  async #until(clock: Clock, isSo: () => boolean): Promise<void> {
    while (!isSo()) await sleep(clock, 10)
  }

  /** Fails the run when `work` is not done in time. */
  async #within(what: string, work: Promise<unknown>): Promise<void> {
    const { kernel } = this
    const timer = kernel.scheduleAt(kernel.nowMs + convergeMsMax, 'deadline', () =>
      kernel.fail('violation', `${what} took more than ${convergeMsMax} simulated milliseconds`),
    )
    await work
    timer.cancel()
  }

  /** Every event goes into the trace and before all checkers, as it happens. */
  #checkedHistory(): History {
    const panel = new Panel(checkers)
    return new History((event) => {
      this.kernel.note(`history ${describeEvent(event)}`)
      if (event.type === 'fetch-ok') this.#readCount += event.records.length
      const violation = panel.observe(event)
      if (violation === undefined) return
      const { checker: finder, message } = violation
      this.kernel.fail('violation', `${finder}: ${message}`, { finder })
    })
  }

  #clientHost(name: string): ClientHost {
    const { kernel } = this
    const machine = kernel.machine(name)
    const process = kernel.process(machine, name)
    const cable = new FaultyTransport(this.#network.transport(name), process, kernel.random(`${name} cable`), {
      ...noTransportFaults,
      delayMsMax: this.#shape.delayMsMax,
    })
    const ports: ClientPorts = {
      transport: new ProcessTransport(cable, process, (what) => kernel.note(what)),
      clock: process,
      random: process.random,
      address: brokerAddress,
      history: this.#history,
      requestTimeoutMs,
    }
    return { machine, cable, ports }
  }
}

function describeEvent(event: Parameters<ConstructorParameters<typeof History>[0]>[0]): string {
  return JSON.stringify(event, (_key, value: unknown) => (value instanceof Map ? [...value] : value))
}
