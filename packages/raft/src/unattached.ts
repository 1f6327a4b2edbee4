/** Looking for a leader: asks voters and bootstrap endpoints with a fetch, and starts an election when that takes too long. */
import { randomBelow } from '@millrace/base'
import type { Core, Target } from './core.ts'
import { startElection } from './election.ts'
import { fetchRequest } from './fetching.ts'
import type { Unattached } from './role.ts'

/** Between two questions, in retry backoffs: a cluster without a leader must not drown in them. */
const searchPauseFactor = 5

export function pollUnattached<P>(core: Core<P>, role: Unattached): void {
  if (core.canStand && !core.isInstalling && core.stopAt === undefined) {
    if (core.now >= role.electionAt) {
      startElection(core)
      return
    }
    core.wakeAt(role.electionAt)
  }
  search(core, role)
}

function search<P>(core: Core<P>, role: Unattached): void {
  // A fetch says how far this log is durable.
  if (core.isInstalling || core.log.durableOffset < core.log.endOffset) return
  if (core.now < role.searchAt) {
    core.wakeAt(role.searchAt)
    return
  }
  role.searchAt = core.now + searchPauseFactor * core.config.retryBackoffMs
  const idle = targets(core).filter((target) => core.inFlight.freeAt(target.id, 'Fetch') <= core.now)
  const target = idle[idle.length === 0 ? 0 : randomBelow(core.random, idle.length)]
  if (target !== undefined) core.trySend(target, fetchRequest(core, 0))
  if (targets(core).length > 0) core.wakeAt(role.searchAt)
}

/** Everybody who may know a leader. */
function targets<P>(core: Core<P>): Target[] {
  const bootstrap = core.self.bootstrap.map((endpoint, index) => ({ id: -2 - index, endpoint }))
  return [...core.otherVoters().map(({ target }) => target), ...bootstrap]
}
