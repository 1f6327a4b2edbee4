/** All links of a client: one for each address and lane, made when first needed. */
import { type Address, formatAddress } from '@millrace/network'
import type { MillraceError } from './error.ts'
import { Link, type LinkEnvironment, type LinkState } from './link.ts'

/**
 * Requests of one lane do not wait behind those of another. A broker answers the requests of a connection one after the other, so
 * whatever may be answered late (a fetch that waits for records, joining a group) has a lane of its own.
 */
export type Lane = string

/** The lane of requests that name none. */
export const mainLane: Lane = 'main'

/** Those that can send soonest come first. */
const eagerness: Readonly<Record<LinkState, number>> = { ready: 0, idle: 1, connecting: 2, resting: 3, closed: 4 }

export class Links {
  readonly #environment: LinkEnvironment
  readonly #links = new Map<string, { readonly link: Link; readonly lane: Lane }>()

  constructor(environment: LinkEnvironment) {
    this.#environment = environment
  }

  /** The link to an address, new if there is none. */
  get(address: Address, lane: Lane): Link {
    const key = `${lane} ${formatAddress(address)}`
    const known = this.#links.get(key)
    if (known !== undefined) return known.link
    const link = new Link(address, this.#environment)
    this.#links.set(key, { link, lane })
    return link
  }

  /** Orders addresses: those whose link can send soonest first, among equals the least busy, then as they came. */
  byEagerness(addresses: readonly Address[], lane: Lane): readonly Address[] {
    const rank = (address: Address) => {
      const link = this.#links.get(`${lane} ${formatAddress(address)}`)?.link
      return { address, state: eagerness[link?.state ?? 'idle'], load: link?.load ?? 0 }
    }
    const ranked = addresses.map(rank)
    ranked.sort((a, b) => a.state - b.state || a.load - b.load)
    return ranked.map(({ address }) => address)
  }

  /** Closes the links of one lane, or all of them. */
  close(error: MillraceError, lane?: Lane): void {
    for (const [key, each] of [...this.#links]) {
      if (lane !== undefined && each.lane !== lane) continue
      this.#links.delete(key)
      each.link.close(error)
    }
  }

  /** Closes the links to addresses that no broker has any more. */
  prune(isKnown: (address: Address) => boolean, error: MillraceError): void {
    for (const [key, { link }] of [...this.#links]) {
      if (isKnown(link.address) || link.load > 0) continue
      this.#links.delete(key)
      link.close(error)
    }
  }
}
