/** Every step that Apache Kafka's own assignors were recorded on. */
import { seededRandom, shuffle } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { AssignableMember, AssignableTopic, Assignor, GroupAssignment } from '../src/assignor.ts'
import { range } from '../src/range.ts'
import { roundRobin } from '../src/round-robin.ts'
import rangeVectors from './vectors/range.json' with { type: 'json' }
import roundRobinVectors from './vectors/roundrobin.json' with { type: 'json' }

interface Step {
  readonly topics: Readonly<Record<string, number>>
  readonly members: readonly { id: string; topics: string[]; instanceId?: string; rackId?: string }[]
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
  return step.members.map(({ id, ...rest }) => ({ memberId: id, ...rest }))
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

describe('range', () => check(range, rangeVectors as unknown as Scenario[]))
describe('roundrobin', () => check(roundRobin, roundRobinVectors as unknown as Scenario[]))
