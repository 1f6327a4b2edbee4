/** What must hold whatever happens: checked with every observation. */
import { assert } from '@millrace/base'
import type { Cluster, Observation } from './cluster.ts'
import { type SimulatedDisk, textsOf } from './simulated-disk.ts'

export class Checker {
  readonly #leaders = new Map<number, number>()
  /** By offset, `epoch:text` of the committed record. */
  readonly #committed: string[] = []
  readonly #highWatermarks = new Map<string, number>()
  readonly #epochs = new Map<string, number>()
  /** How often each kind of effect was seen: a run that never truncates proves nothing about truncation. */
  readonly effectCounts = new Map<string, number>()
  cluster: Cluster | undefined

  get committedCount(): number {
    return this.#committed.length
  }

  readonly observe = (observation: Observation): void => {
    if (observation.type === 'applied') this.#applied(observation)
    if (observation.type === 'effect') this.#effect(observation)
    if (observation.type === 'started') this.#highWatermarks.delete(String(observation.node))
  }

  /** One record per offset, everywhere and for ever. */
  #applied({ node, offset, epoch, text }: Observation & { type: 'applied' }): void {
    const seen = this.#committed[offset]
    const now = `${epoch}:${text}`
    assert(seen === undefined || seen === now, `node ${node} applied ${now} at ${offset}, where ${seen} was committed`)
    assert(offset <= this.#committed.length, `node ${node} applied ${offset}, ${this.#committed.length} are known`)
    this.#committed[offset] = now
  }

  #effect({ node, effect }: Observation & { type: 'effect' }): void {
    const id = String(node)
    this.effectCounts.set(effect.type, (this.effectCounts.get(effect.type) ?? 0) + 1)
    if (effect.type === 'commit') {
      const before = this.#highWatermarks.get(id) ?? 0
      assert(effect.highWatermark >= before, `high watermark of ${node} went from ${before} to ${effect.highWatermark}`)
      this.#highWatermarks.set(id, effect.highWatermark)
    }
    if (effect.type === 'persistQuorumState') {
      const { leaderEpoch } = effect.state
      assert(leaderEpoch >= (this.#epochs.get(id) ?? 0), `the epoch of ${node} went back to ${leaderEpoch}`)
      this.#epochs.set(id, leaderEpoch)
    }
    if (effect.type === 'roleChanged' && effect.role === 'leader') this.#elected(node, effect.epoch)
    if (effect.type === 'warn') {
      assert(
        !/does not fit|below what is committed|do not follow/.test(effect.message),
        `node ${node}: ${effect.message}`,
      )
    }
  }

  /** One leader an epoch, and it has everything that was ever committed. */
  #elected(node: number, epoch: number): void {
    const other = this.#leaders.get(epoch)
    assert(other === undefined || other === node, `${other} and ${node} lead epoch ${epoch}`)
    this.#leaders.set(epoch, node)
    this.#compareLog(node)
  }

  /** The part of a node's log that is committed is what was committed. */
  #compareLog(node: number): void {
    const disk = this.cluster?.node(node).disk
    if (disk === undefined) return
    assert(
      disk.endOffset >= this.#committed.length,
      `leader ${node} ends at ${disk.endOffset} of ${this.#committed.length}`,
    )
    for (const { offset, value } of records(disk)) {
      const committed = this.#committed[offset]
      assert(committed === undefined || committed === value, `node ${node} has ${value} at ${offset}, not ${committed}`)
    }
  }

  /** Two logs that have a batch of the same epoch at the same offset are the same up to there. */
  compareLogs(): void {
    const disks = [...(this.cluster?.nodes.values() ?? [])].map((node) => node.disk)
    const logs = disks.map((disk) => new Map([...records(disk)].map(({ offset, value }) => [offset, value])))
    for (const one of logs) {
      for (const other of logs) {
        const shared = [...one.keys()].filter((offset) => other.has(offset))
        const agree = shared.findLastIndex((offset) => epochOf(one.get(offset)) === epochOf(other.get(offset)))
        for (const offset of shared.slice(0, agree + 1)) {
          assert(one.get(offset) === other.get(offset), `logs with a common epoch differ at ${offset}`)
        }
      }
    }
  }
}

const epochOf = (value: string | undefined): string | undefined => value?.slice(0, value.indexOf(':'))

function* records(disk: SimulatedDisk): Generator<{ offset: number; value: string }> {
  for (const batch of disk.batches) {
    let offset = batch.baseOffset
    for (const text of textsOf(batch)) yield { offset: offset++, value: `${batch.epoch}:${text}` }
  }
}
