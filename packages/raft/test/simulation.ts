/** A run of a cluster under faults that a seed draws, then a quiet time in which it must recover. */
import { assert, type Random, randomBelow, seededRandom } from '@millrace/base'
import { Checker } from './checker.ts'
import { Cluster, type Conditions, calm, type Observation, type PlantedFault, voterFor } from './cluster.ts'

const rough: Conditions = { networkMs: [1, 20], late: 0.05, lost: 0.03, syncMs: [1, 30] }

const slowDisk = [50, 400] as const

export interface SimulationOptions {
  readonly seed: number
  readonly planted?: PlantedFault
  readonly steps?: number
  readonly trace?: (observation: Observation) => void
}

export interface SimulationResult {
  readonly committedCount: number
  readonly epoch: number
  readonly effectCounts: ReadonlyMap<string, number>
}

interface Run {
  readonly random: Random
  readonly cluster: Cluster
  readonly ids: readonly number[]
  readonly isStatic: boolean
  proposals: number
}

/** Throws when a check fails. */
export function simulate({ seed, planted, steps = 60, trace }: SimulationOptions): SimulationResult {
  const random = seededRandom(seed)
  const checker = new Checker()
  const voterCount = [1, 2, 3, 3, 3, 4, 5, 5][seed % 8] as number
  const voters = Array.from({ length: voterCount }, (_, index) => index + 1)
  const observers = [voterCount + 1, voterCount + 2].slice(0, randomBelow(random, 3))
  const isStatic = randomBelow(random, 3) === 0
  const observe = (observation: Observation) => {
    trace?.(observation)
    checker.observe(observation)
  }
  const config = { autoJoin: randomBelow(random, 4) === 0 }
  const options = { seed, voters, observers, isStatic, config, conditions: rough, observe }
  const cluster = new Cluster(planted === undefined ? options : { ...options, planted })
  checker.cluster = cluster
  const run: Run = { random, cluster, ids: [...voters, ...observers], isStatic, proposals: 0 }
  for (const id of run.ids) cluster.start(id)
  cluster.run(randomBelow(random, 3000))
  for (let step = 0; step < steps; step++) {
    disturb(run)
    cluster.run(randomBelow(random, 400))
  }
  checker.compareLogs()
  settle(run, seed)
  checker.compareLogs()
  const epoch = cluster.leader()?.raft?.status().epoch ?? 0
  return { committedCount: checker.committedCount, epoch, effectCounts: checker.effectCounts }
}

function disturb(run: Run): void {
  const { random, cluster, ids } = run
  const id = ids[randomBelow(random, ids.length)] as number
  const choice = randomBelow(random, 100)
  if (choice < 60) propose(run)
  else if (choice < 66) cluster.crash(id)
  // A power cut takes all nodes at one moment.
  else if (choice < 68) for (const each of ids) cluster.crash(each)
  else if (choice < 78) restart(run)
  else if (choice < 82) cut(run)
  else if (choice < 88) cluster.heal()
  else if (choice < 90)
    cluster.conditions = { ...rough, syncMs: randomBelow(random, 2) === 0 ? slowDisk : rough.syncMs }
  else if (choice < 94) cluster.snapshot(id, randomBelow(random, 2) === 0)
  else if (choice < 96) cluster.give(id, { type: 'shutdown', timeoutMs: 1000 })
  else if (choice < 97) cluster.give(id, { type: 'resign', epoch: cluster.node(id).raft?.status().epoch ?? 0 })
  else if (!run.isStatic) changeVoters(run, id)
}

function propose(run: Run): void {
  const isBlind = randomBelow(run.random, 20) === 0
  const nodes = [...run.cluster.nodes.values()]
  const leaders = nodes.filter((node) => isBlind || node.raft?.status().role === 'leader')
  for (const leader of leaders) {
    const texts = Array.from({ length: 1 + randomBelow(run.random, 4) }, () => `p${run.proposals++}`)
    run.cluster.propose(leader.id, ...texts)
  }
}

function restart({ random, cluster, ids }: Run): void {
  for (const id of ids) if (cluster.node(id).raft === undefined && randomBelow(random, 2) === 0) cluster.start(id)
}

/** A clean split, or single directions. */
function cut({ random, cluster, ids }: Run): void {
  const side = ids.filter(() => randomBelow(random, 2) === 0)
  const others = ids.filter((id) => !side.includes(id))
  if (randomBelow(random, 2) === 0) cluster.partition(side, others)
  else for (const from of side) for (const to of others) if (randomBelow(random, 2) === 0) cluster.cut(from, to)
}

function changeVoters({ random, cluster }: Run, id: number): void {
  const leader = cluster.leader()
  if (leader === undefined) return
  const { id: _, ...rest } = voterFor(id)
  const voter = { id, directoryId: rest.directoryId }
  const isVoter = leader.raft?.status().voters.byId(id) !== undefined
  if (isVoter) cluster.ask(leader.id, { kind: 'RemoveRaftVoter', clusterId: 'sim', voter })
  else {
    cluster.ask(leader.id, {
      kind: 'AddRaftVoter',
      clusterId: null,
      timeoutMs: 2000,
      voter,
      endpoints: rest.endpoints,
      ackWhenCommitted: randomBelow(random, 2) === 0,
    })
  }
}

/** No more faults: within 20 seconds there is a leader, and a new record is on every node. */
function settle({ cluster, ids }: Run, seed: number): void {
  cluster.conditions = calm
  cluster.heal()
  cluster.run(3000)
  for (const id of ids) if (cluster.node(id).raft === undefined) cluster.start(id)
  cluster.run(17_000)
  const leader = cluster.leader()
  assert(leader?.raft?.status().isReady, `seed ${seed}: no leader after the faults ended`)
  cluster.propose(leader.id, 'last')
  cluster.run(2000)
  for (const node of cluster.nodes.values()) {
    assert(node.applied.at(-1) === 'last', `seed ${seed}: node ${node.id} did not get the last record`)
    assert(node.appliedOffset === leader.appliedOffset, `seed ${seed}: node ${node.id} is not where the leader is`)
  }
}
