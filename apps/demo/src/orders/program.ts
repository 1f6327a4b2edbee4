/** The order service, from the command line to the exit code. */
import { sleep } from '@millrace/base'
import { Checks, checkLine } from '../checks.ts'
import { DemoCluster } from '../cluster/cluster.ts'
import { withOptions } from '../command-line.ts'
import { Narrator } from '../terminal/narrator.ts'
import { exitCodes, type World } from '../world.ts'
import { dashboardLines, viewOf } from './dashboard.ts'
import { groupNames } from './groups.ts'
import { type OrdersOptions, parseOrdersOptions, usage } from './options.ts'
import { partitionCount } from './order.ts'
import { lastScene, scenes } from './scenes.ts'
import { Shop } from './shop.ts'
import { Stage } from './stage.ts'
import { summaryLines } from './summary.ts'

/** `--quick` takes this share of the time. */
const quickPace = 0.25
const redrawMs = 100

/** What a broker of its own is started with: groups shall notice soon that a member died. */
const brokerSettings = { 'group.min.session.timeout.ms': '500' }
const sessionTimeoutMs = { full: 3000, quick: 2000 }
/** The least that other brokers allow, if nobody configured them. */
const foreignSessionTimeoutMs = 6000

export function runOrders(args: readonly string[], world: World): Promise<number> {
  const parse = () => parseOrdersOptions(args)
  return withOptions(parse, usage, world, async (options) => {
    const demo = new Demo(options, world)
    try {
      return await demo.run()
    } finally {
      demo.narrator.screen.close()
    }
  })
}

class Demo {
  readonly narrator: Narrator
  readonly #options: OrdersOptions
  readonly #world: World
  readonly #checks = new Checks()

  constructor(options: OrdersOptions, world: World) {
    this.narrator = new Narrator(world.terminal, world.clock)
    this.#options = options
    this.#world = world
  }

  async run(): Promise<number> {
    const { brokers, keep } = this.#options
    this.narrator.title('Millrace: an order service with four groups')
    const cluster = await DemoCluster.open({ brokers, keep, settings: brokerSettings }, this.#world)
    try {
      this.narrator.say(`on ${cluster.description}`)
      return await this.#open(cluster)
    } finally {
      const left = await cluster.close()
      if (left !== undefined) this.narrator.screen.print(left)
    }
  }

  async #open(cluster: DemoCluster): Promise<number> {
    const { rate, quick } = this.#options
    const topic = await cluster.createTopic('orders', partitionCount, this.#world.signal)
    const ownTimeoutMs = quick ? sessionTimeoutMs.quick : sessionTimeoutMs.full
    const shop = new Shop({
      world: this.#world,
      cluster,
      topic,
      rate,
      sessionTimeoutMs: cluster.isOwn ? ownTimeoutMs : foreignSessionTimeoutMs,
    })
    try {
      await this.#watch(shop, AbortSignal.any([this.#world.signal, cluster.lost, shop.failed]))
      return this.#conclude(shop)
    } finally {
      await shop.close()
    }
  }

  /** Plays while the lag is looked at and the panel is drawn. */
  async #watch(shop: Shop, signal: AbortSignal): Promise<void> {
    const ending = new AbortController()
    const all = AbortSignal.any([signal, ending.signal])
    const watching = [this.#redraw(shop, all), shop.lag.run(this.#world.clock, all)]
    // They end by an error: that all is over, or that the cluster does not answer any more.
    for (const each of watching) each.catch((error: unknown) => ending.abort(error))
    try {
      await this.#play(shop, all)
    } catch (error) {
      // How a play without an end is meant to end.
      if (this.#world.signal.aborted && this.#options.forever) return
      if (this.#world.signal.aborted) this.narrator.say(`stopped; ${this.#checks.verdict} so far`)
      else await this.#explain(shop)
      throw signal.aborted ? signal.reason : error
    } finally {
      ending.abort()
      await Promise.allSettled(watching)
      this.narrator.screen.show([])
    }
  }

  /** For whoever has to find out what went wrong: what is known here, and what the broker knows. */
  async #explain(shop: Shop): Promise<void> {
    this.narrator.screen.print(...this.#panel(shop), '')
    for (const trouble of shop.troubles) this.narrator.say(trouble)
    for (const group of groupNames) this.narrator.say(await shop.explain(group, this.#world.signal))
  }

  async #play(shop: Shop, signal: AbortSignal): Promise<void> {
    const stage = this.#stage(shop, signal)
    for (const group of groupNames) shop.join(group)
    if (!this.#options.forever) return stage.play([...scenes, lastScene])
    for (;;) await stage.play(scenes)
  }

  #stage(shop: Shop, signal: AbortSignal): Stage<Shop> {
    const { paint, screen } = this.narrator
    return new Stage({
      place: shop,
      clock: this.#world.clock,
      signal,
      pace: this.#options.quick ? quickPace : 1,
      checks: this.#checks,
      onScene: ({ title, about }, number, count) => {
        this.narrator.title(`${number}/${count}  ${title}`)
        screen.print(`     ${paint('dim', about)}`)
      },
      // The summary comes right after the last one, and has all that.
      onSceneEnd: (scene) => scene !== lastScene && screen.printPanel(this.#panel(shop)),
      onSaid: (text) => this.narrator.say(text),
      onChecked: (check) => this.narrator.say(checkLine(check, paint)),
    })
  }

  #panel(shop: Shop): string[] {
    return dashboardLines(viewOf(shop), this.#world.terminal.columns(), this.narrator.paint)
  }

  async #redraw(shop: Shop, signal: AbortSignal): Promise<never> {
    for (;;) {
      this.narrator.screen.show(this.#panel(shop))
      await sleep(this.#world.clock, redrawMs, signal)
    }
  }

  #conclude(shop: Shop): number {
    const { elapsedMs, paint, screen } = this.narrator
    screen.print(...summaryLines(viewOf(shop), this.#checks, elapsedMs, paint))
    return this.#checks.passed ? exitCodes.passed : exitCodes.failed
  }
}
