/** What must hold of every assignment, over random groups. */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { AssignableMember, AssignmentInput } from '../src/assignor.ts'
import { assignors } from '../src/assignors.ts'

function randomInput(random: Random): AssignmentInput {
  const names = Array.from({ length: 1 + randomBelow(random, 5) }, (_, index) => `t${index}`)
  const racks = () => Array.from({ length: 1 + randomBelow(random, 3) }, () => `r${randomBelow(random, 4)}`)
  const topics = new Map(
    names.map((name) => {
      const partitionCount = randomBelow(random, 13)
      return [name, { partitionCount, racks: Array.from({ length: partitionCount }, racks) }]
    }),
  )
  const members = Array.from(
    { length: 1 + randomBelow(random, 8) },
    (_, index): AssignableMember => ({
      memberId: `m${index}`,
      instanceId: randomBelow(random, 3) === 0 ? `i${index}` : null,
      rackId: randomBelow(random, 2) === 0 ? `r${randomBelow(random, 5)}` : null,
      topics: names.filter(() => randomBelow(random, 4) > 0),
    }),
  )
  return { topics, members }
}

describe.each(assignors.map((assignor) => [assignor.name, assignor] as const))('%s', (_, assignor) => {
  it('gives every partition that somebody wants to exactly one member that wants it', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const input = randomInput(seededRandom(seed))
      const owners = new Map<string, string>()
      for (const [memberId, topics] of assignor.assign(input)) {
        const member = input.members.find((each) => each.memberId === memberId)
        for (const [topic, partitions] of topics) {
          expect(member?.topics, `seed ${seed}`).toContain(topic)
          for (const partition of partitions) {
            expect(owners.has(`${topic}-${partition}`), `seed ${seed}: ${topic}-${partition} twice`).toBe(false)
            owners.set(`${topic}-${partition}`, memberId)
          }
        }
      }
      const wanted = new Set(input.members.flatMap((member) => member.topics))
      const count = [...input.topics].reduce(
        (sum, [name, topic]) => sum + (wanted.has(name) ? topic.partitionCount : 0),
        0,
      )
      expect(owners.size, `seed ${seed}`).toBe(count)
    }
  })

  it('lists every member, also without partitions and without members at all', () => {
    const members = [{ memberId: 'a', topics: ['missing'] }]
    expect([...assignor.assign({ topics: new Map(), members })]).toEqual([['a', new Map()]])
    expect([...assignor.assign({ topics: new Map([['t', { partitionCount: 3 }]]), members: [] })]).toEqual([])
  })
})

describe('range', () => {
  it('never gives two members of one topic shares that differ by more than one', () => {
    const range = assignors.find((assignor) => assignor.name === 'range')
    for (let seed = 1; seed <= 500; seed++) {
      const input = randomInput(seededRandom(seed))
      const assignment = range?.assign(input)
      for (const topic of input.topics.keys()) {
        const sizes = input.members
          .filter((member) => member.topics.includes(topic))
          .map((member) => assignment?.get(member.memberId)?.get(topic)?.length ?? 0)
        if (sizes.length > 0) expect(Math.max(...sizes) - Math.min(...sizes), `seed ${seed}`).toBeLessThanOrEqual(1)
      }
    }
  })
})
