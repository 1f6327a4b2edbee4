/** Which node coordinates a group or a transactional id: asked once, kept until it proves wrong. */

import type { RequestInput } from '@millrace/protocol'
import { ErrorCode, FindCoordinator, type FindCoordinatorResponse } from '@millrace/protocol'
import { brokerError } from './error.ts'

/** What a coordinator is asked for: a consumer group by its id, or a producer by its transactional id. */
export type CoordinatorKind = 'group' | 'transaction'

const keyTypes: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 }

/** How many are remembered; beyond, the one asked for longest ago is forgotten. */
const rememberedMax = 10_000

export interface CoordinatorAnswer {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** The question, in the layout of the version: several keys at once from 4 on. */
export function findCoordinatorRequest(
  kind: CoordinatorKind,
  key: string,
  version: number,
): RequestInput<typeof FindCoordinator> {
  const keyType = keyTypes[kind]
  // Version 0 knows groups only, and lacks the field.
  if (version === 0) return { key }
  return version >= 4 ? { coordinatorKeys: [key], keyType } : { key, keyType }
}

/** Versions that can ask for this kind. */
export function findCoordinatorMin(kind: CoordinatorKind): number {
  return kind === 'group' ? 0 : 1
}

/** Reads either layout. Throws {@link MillraceError} `broker` when there is no coordinator. */
export function readCoordinator(
  kind: CoordinatorKind,
  key: string,
  response: FindCoordinatorResponse,
): CoordinatorAnswer {
  const found = response.coordinators.find((each) => each.key === key) ?? response.coordinators[0] ?? response
  if (found.errorCode !== ErrorCode.NONE) {
    throw brokerError(
      found.errorCode,
      `Finding the coordinator of ${kind} "${key}"`,
      FindCoordinator.name,
      found.errorMessage,
    )
  }
  return { nodeId: found.nodeId, host: found.host, port: found.port }
}

export class Coordinators {
  readonly #nodes = new Map<string, CoordinatorAnswer>()
  readonly #asking = new Map<string, Promise<CoordinatorAnswer>>()
  readonly #ask: (kind: CoordinatorKind, key: string) => Promise<CoordinatorAnswer>

  constructor(ask: (kind: CoordinatorKind, key: string) => Promise<CoordinatorAnswer>) {
    this.#ask = ask
  }

  /** The coordinator; one question for all who ask at once. */
  find(kind: CoordinatorKind, key: string): Promise<CoordinatorAnswer> {
    const id = `${kind}:${key}`
    const known = this.#nodes.get(id)
    if (known !== undefined) return Promise.resolve(known)
    const asking = this.#asking.get(id)
    if (asking !== undefined) return asking
    const promise = this.#ask(kind, key)
      .then((answer) => {
        this.#remember(id, answer)
        return answer
      })
      .finally(() => this.#asking.delete(id))
    this.#asking.set(id, promise)
    return promise
  }

  /** It has moved, or does not answer. */
  forget(kind: CoordinatorKind, key: string): void {
    this.#nodes.delete(`${kind}:${key}`)
  }

  #remember(id: string, answer: CoordinatorAnswer): void {
    this.#nodes.delete(id)
    this.#nodes.set(id, answer)
    const [oldest] = this.#nodes.keys()
    if (this.#nodes.size > rememberedMax && oldest !== undefined) this.#nodes.delete(oldest)
  }
}
