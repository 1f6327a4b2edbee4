/** Where replicas of new partitions go: striped over racks, then over brokers in a rack. Pure. Reference section 4.4. */
import { type Random, randomBelow } from '@millrace/base'

export interface PlacementBroker {
  readonly id: number
  readonly rack: string | null
  readonly isFenced: boolean
}

/** Brokers of one rack, in a rotation of its own for unfenced and fenced ones. */
class Rack {
  readonly #unfenced: readonly number[]
  readonly #fenced: readonly number[]
  #unfencedPosition: number
  #fencedPosition: number

  constructor(brokers: readonly PlacementBroker[], random: Random) {
    const ids = (isFenced: boolean) => brokers.filter((each) => each.isFenced === isFenced).map((each) => each.id)
    this.#unfenced = ids(false).sort((a, b) => a - b)
    this.#fenced = ids(true).sort((a, b) => a - b)
    this.#unfencedPosition = this.#unfenced.length === 0 ? 0 : randomBelow(random, this.#unfenced.length)
    this.#fencedPosition = this.#fenced.length === 0 ? 0 : randomBelow(random, this.#fenced.length)
  }

  /** The next broker that is not in `taken`, unfenced first; -1 when all are. */
  next(taken: readonly number[], unfencedOnly: boolean): number {
    for (let step = 0; step < this.#unfenced.length; step++) {
      const id = this.#unfenced[(this.#unfencedPosition + step) % this.#unfenced.length] as number
      if (taken.includes(id)) continue
      this.#unfencedPosition = (this.#unfencedPosition + step + 1) % this.#unfenced.length
      return id
    }
    for (let step = 0; !unfencedOnly && step < this.#fenced.length; step++) {
      const id = this.#fenced[(this.#fencedPosition + step) % this.#fenced.length] as number
      if (taken.includes(id)) continue
      this.#fencedPosition = (this.#fencedPosition + step + 1) % this.#fenced.length
      return id
    }
    return -1
  }
}

/**
 * Replica lists for `partitionCount` partitions. The first replica of each is its preferred leader and is never fenced; no two
 * replicas of a partition share a broker. The caller has checked that there are enough brokers and one that is unfenced.
 */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  partitionCount: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const names = [...new Set(brokers.map((broker) => broker.rack ?? ''))].sort()
  const racks = names.map(
    (name) =>
      new Rack(
        brokers.filter((broker) => (broker.rack ?? '') === name),
        random,
      ),
  )
  let first = randomBelow(random, racks.length)
  return Array.from({ length: partitionCount }, () => {
    const replicas: number[] = []
    for (let step = 0; replicas.length < replicationFactor; step++) {
      const rack = racks[(first + step) % racks.length] as Rack
      const id = rack.next(replicas, replicas.length === 0)
      if (id >= 0) replicas.push(id)
    }
    first = (first + 1) % racks.length
    return replicas
  })
}
