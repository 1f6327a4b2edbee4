/** Every step that Apache Kafka's own assignors were recorded on. */
import { seededRandom, shuffle } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { AssignableMember, AssignableTopic, Assignor, GroupAssignment } from '../src/assignor.ts'
import { cooperativeSticky } from '../src/cooperative-sticky.ts'
import { range } from '../src/range.ts'
import { roundRobin } from '../src/round-robin.ts'
import { sticky } from '../src/sticky.ts'
import cooperativeStickyVectors from './vectors/cooperative-sticky.json' with { type: 'json' }
import rangeVectors from './vectors/range.json' with { type: 'json' }
import roundRobinVectors from './vectors/roundrobin.json' with { type: 'json' }
import stickyVectors from './vectors/sticky.json' with { type: 'json' }

interface Member {
  readonly id: string
  readonly topics: string[]
  readonly instanceId?: string
  readonly rackId?: string
  /** What it was assigned in the step before; `generation` and `userDataHex` belong to it. Only with the sticky assignors. */
  readonly owned?: Readonly<Record<string, number[]>>
  readonly generation?: number
  readonly userDataHex?: string
}

interface Step {
  readonly topics: Readonly<Record<string, number>>
  readonly members: readonly Member[]
  /**
   * In the step where Kafka's own answer depends on the order of members, the answer for those that came by member id: the other one
   * gives partitions to a member without topics.
   */
  readonly result: unknown
}

interface Scenario {
  readonly scenario: string
  readonly steps: readonly Step[]
}

/** In the recorded scenarios with racks, partition p has replicas on racks p mod 3 and (p + 1) mod 3. */
function topicsOf(step: Step, withRacks: boolean): Map<string, AssignableTopic> {
  return new Map(
    Object.entries(step.topics).map(([name, partitionCount]) => {
      const racks = Array.from({ length: partitionCount }, (_, p) => [`r${p % 3}`, `r${(p + 1) % 3}`])
      return [name, withRacks ? { partitionCount, racks } : { partitionCount }]
    }),
  )
}

function membersOf(step: Step): AssignableMember[] {
  return step.members.map(({ id, owned, generation, userDataHex, ...rest }) => ({
    memberId: id,
    ...rest,
    ownedPartitions: owned && new Map(Object.entries(owned)),
    generationId: generation,
    userData: userDataHex === undefined ? null : Buffer.from(userDataHex, 'hex'),
  }))
}

function plain(assignment: GroupAssignment): unknown {
  return Object.fromEntries([...assignment].map(([id, topics]) => [id, Object.fromEntries(topics)]))
}

function check(assignor: Assignor, scenarios: readonly Scenario[]): void {
  for (const { scenario, steps } of scenarios) {
    it(`gives what Kafka gives: ${scenario}`, () => {
      for (const step of steps) {
        const topics = topicsOf(step, scenario.startsWith('racks'))
        expect(plain(assignor.assign({ topics, members: membersOf(step) }))).toEqual(step.result)
      }
    })

    it(`does not depend on the order of members: ${scenario}`, () => {
      const random = seededRandom(11)
      for (const step of steps) {
        const topics = topicsOf(step, scenario.startsWith('racks'))
        const members = shuffle(random, membersOf(step))
        expect(plain(assignor.assign({ topics, members }))).toEqual(step.result)
      }
    })
  }
}

function checkUserData(assignor: Assignor, scenarios: readonly Scenario[]): void {
  it('writes the user data that Kafka writes', () => {
    const members = scenarios.flatMap(({ steps }) => steps.flatMap((step) => step.members))
    expect(members.length).toBeGreaterThan(100)
    for (const { owned = {}, generation = -1, userDataHex } of members) {
      const bytes = assignor.subscriptionUserData?.(new Map(Object.entries(owned)), generation)
      expect(bytes?.toString('hex')).toBe(userDataHex)
    }
  })
}

describe('range', () => check(range, rangeVectors as unknown as Scenario[]))
describe('roundrobin', () => check(roundRobin, roundRobinVectors as unknown as Scenario[]))
describe('sticky', () => {
  check(sticky, stickyVectors as unknown as Scenario[])
  checkUserData(sticky, stickyVectors as unknown as Scenario[])
})
describe('cooperative-sticky', () => {
  check(cooperativeSticky, cooperativeStickyVectors as unknown as Scenario[])
  checkUserData(cooperativeSticky, cooperativeStickyVectors as unknown as Scenario[])
})
