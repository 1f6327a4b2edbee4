/** What must hold of the sticky assignors over random groups and their histories. */
import { type Random, randomBelow, seededRandom, shuffle } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { AssignableMember, AssignableTopic, AssignmentInput, Assignor, GroupAssignment } from '../src/assignor.ts'
import { cooperativeSticky } from '../src/cooperative-sticky.ts'
import { sticky } from '../src/sticky.ts'

type Topics = ReadonlyMap<string, AssignableTopic>

interface Shape {
  readonly isEqual: boolean
  readonly hasRacks: boolean
}

const shapes: readonly (Shape & { name: string })[] = [
  { name: 'equal subscriptions', isEqual: true, hasRacks: false },
  { name: 'unequal subscriptions', isEqual: false, hasRacks: false },
  { name: 'equal subscriptions and racks', isEqual: true, hasRacks: true },
  { name: 'unequal subscriptions and racks', isEqual: false, hasRacks: true },
]
const withoutRacks = shapes.filter(({ hasRacks }) => !hasRacks)
const assignorList = [sticky, cooperativeSticky].map((assignor) => ({ name: assignor.name, assignor }))
const cases = (of: readonly (Shape & { name: string })[]) =>
  assignorList.flatMap(({ name, assignor }) =>
    of.map((shape) => ({ ...shape, name: `${name}, ${shape.name}`, assignor })),
  )

const names = ['t0', 't1', 't2', 't3']

function randomTopics(random: Random): Topics {
  const racks = () => Array.from({ length: 1 + randomBelow(random, 3) }, () => `r${randomBelow(random, 4)}`)
  return new Map(
    names.map((name) => {
      const partitionCount = randomBelow(random, 14)
      return [name, { partitionCount, racks: Array.from({ length: partitionCount }, racks) }]
    }),
  )
}

function newMember(random: Random, index: number, { isEqual, hasRacks }: Shape): AssignableMember {
  return {
    memberId: `m${index}`,
    topics: isEqual ? names : names.filter(() => randomBelow(random, 3) > 0),
    rackId: hasRacks && randomBelow(random, 4) > 0 ? `r${randomBelow(random, 5)}` : null,
  }
}

function randomGroup(random: Random, shape: Shape): AssignmentInput {
  const members = Array.from({ length: 1 + randomBelow(random, 9) }, (_, index) => newMember(random, index, shape))
  return { topics: randomTopics(random), members }
}

/** The members as they join again after they got `assignment` in `generationId`. */
function rejoined(
  assignor: Assignor,
  members: readonly AssignableMember[],
  assignment: GroupAssignment,
  generationId: number,
): readonly AssignableMember[] {
  return members.map((member) => {
    const ownedPartitions = assignment.get(member.memberId) ?? new Map()
    const userData = assignor.subscriptionUserData?.(ownedPartitions, generationId)
    return { ...member, ownedPartitions, generationId, userData }
  })
}

/** Rebalances until nothing changes, and says how often that took. */
function settle(assignor: Assignor, { topics, members }: AssignmentInput, generationId = 1) {
  let joining = members
  let assignment = assignor.assign({ topics, members: joining })
  for (let roundCount = 1; roundCount <= 10; roundCount++) {
    joining = rejoined(assignor, joining, assignment, generationId + roundCount)
    const next = assignor.assign({ topics, members: joining })
    if (JSON.stringify(plain(next)) === JSON.stringify(plain(assignment)))
      return { members: joining, assignment, roundCount }
    assignment = next
  }
  throw new Error('the group does not settle')
}

/** A random thing happens to the group: a member leaves or joins, a topic grows, a subscription changes. */
function changed(random: Random, { topics, members }: AssignmentInput, shape: Shape, step: number): AssignmentInput {
  const one = members[randomBelow(random, members.length)] as AssignableMember
  switch (randomBelow(random, 4)) {
    case 0:
      return { topics, members: members.length > 1 ? members.filter((member) => member !== one) : members }
    case 1:
      return { topics, members: [...members, newMember(random, 100 + step, shape)] }
    case 2:
      return { topics: randomTopics(random), members }
    default: {
      const { topics: newTopics } = newMember(random, 0, shape)
      return { topics, members: members.map((member) => (member === one ? { ...member, topics: newTopics } : member)) }
    }
  }
}

function plain(assignment: GroupAssignment): [string, [string, readonly number[]][]][] {
  return [...assignment].map(([id, topics]): [string, [string, readonly number[]][]] => [id, [...topics]]).sort()
}

/** Owner by partition; fails on a second owner, one that does not subscribe, and a partition that does not exist. */
function ownersOf(
  { topics, members }: AssignmentInput,
  assignment: GroupAssignment,
  hint: string,
): Map<string, string> {
  const owners = new Map<string, string>()
  const faults: string[] = []
  for (const { memberId, topics: subscribed } of members) {
    for (const [topic, partitions] of assignment.get(memberId) ?? []) {
      if (!subscribed.includes(topic)) faults.push(`${memberId} did not ask for ${topic}`)
      for (const partition of partitions) {
        const name = `${topic}-${partition}`
        const isThere =
          Number.isInteger(partition) && partition >= 0 && partition < (topics.get(topic)?.partitionCount ?? 0)
        if (!isThere) faults.push(`${name} does not exist`)
        if (owners.has(name)) faults.push(`${name} has two owners`)
        owners.set(name, memberId)
      }
    }
  }
  expect(faults, hint).toEqual([])
  expect([...assignment.keys()], hint).toEqual(members.map(({ memberId }) => memberId))
  return owners
}

function wantedCount({ topics, members }: AssignmentInput): number {
  const wanted = new Set(members.flatMap((member) => member.topics))
  return [...topics].reduce((sum, [name, { partitionCount }]) => sum + (wanted.has(name) ? partitionCount : 0), 0)
}

function countsOf(assignment: GroupAssignment): Map<string, number> {
  return new Map([...assignment].map(([id, topics]) => [id, [...topics.values()].flat().length]))
}

/** The partitions that could go from their owner to another subscriber that has less by two or more. */
function helpfulMoves({ members }: AssignmentInput, owners: ReadonlyMap<string, string>, counts: Map<string, number>) {
  return [...owners].filter(([partition, owner]) =>
    members.some(
      ({ memberId, topics }) =>
        topics.includes(partition.slice(0, partition.lastIndexOf('-'))) &&
        (counts.get(memberId) ?? 0) + 2 <= (counts.get(owner) ?? 0),
    ),
  )
}

describe.each(cases(shapes))('$name', ({ assignor, ...shape }) => {
  it('gives every partition one owner that wants it, and no move would help the balance, whatever happens to the group', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      let input = randomGroup(random, shape)
      for (let step = 1; step <= 6; step++) {
        const hint = `seed ${seed}, step ${step}`
        const { assignment, members } = settle(assignor, input, step * 20)
        const owners = ownersOf({ ...input, members }, assignment, hint)
        expect(owners.size, hint).toBe(wantedCount(input))
        expect(helpfulMoves(input, owners, countsOf(assignment)), hint).toEqual([])
        input = changed(random, { ...input, members }, shape, step)
      }
    }
  })

  it('does not depend on the order of members', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const group = randomGroup(random, shape)
      const { members } = settle(assignor, group)
      const next = changed(random, { ...group, members }, shape, 1)
      const expected = plain(assignor.assign(next))
      const shuffled = { ...next, members: shuffle(random, [...next.members]) }
      expect(plain(assignor.assign(shuffled)), `seed ${seed}`).toEqual(expected)
    }
  })

  it('answers soundly whatever members say they have', () => {
    for (let seed = 1; seed <= 250; seed++) {
      const random = seededRandom(seed)
      const input = withHostileClaims(random, randomGroup(random, shape))
      const assignment = assignor.assign(input)
      const owners = ownersOf(input, assignment, `seed ${seed}`)
      if (assignor.protocol === 'eager') expect(owners.size, `seed ${seed}`).toBe(wantedCount(input))
    }
  })
})

function withHostileClaims(random: Random, { topics, members }: AssignmentInput): AssignmentInput {
  const oddPartitions = [-1, -2_147_483_648, 2_147_483_647, 14, 20, 0, 1, 2, 2]
  const partition = () => oddPartitions[randomBelow(random, oddPartitions.length)] as number
  const claim = () =>
    Array.from({ length: randomBelow(random, 20) }, () =>
      randomBelow(random, 2) === 0 ? partition() : randomBelow(random, 14),
    )
  const hostile = members.map((member): AssignableMember => {
    const ownedPartitions = new Map([...names, 'unknown', '', '__proto__'].map((name) => [name, claim()]))
    const generationId = [-1, -7, 0, 3, 4, 4, 2_147_483_647][randomBelow(random, 7)] as number
    const userData = sticky.subscriptionUserData?.(ownedPartitions, Math.max(0, generationId)) ?? null
    const isDamaged = randomBelow(random, 5) === 0
    const claims = { ownedPartitions, generationId: randomBelow(random, 5) === 0 ? undefined : generationId }
    return { ...member, ...claims, userData: isDamaged ? random.bytes(randomBelow(random, 40)) : userData }
  })
  return { topics, members: hostile }
}

describe.each(cases(withoutRacks))('$name', ({ assignor, ...shape }) => {
  it('changes nothing when it is asked again', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const group = randomGroup(seededRandom(seed), shape)
      const assignment = assignor.assign(group)
      const members = rejoined(assignor, group.members, assignment, 1)
      expect(plain(assignor.assign({ ...group, members })), `seed ${seed}`).toEqual(plain(assignment))
    }
  })
})

describe.each(assignorList)('$name, equal subscriptions', ({ assignor }) => {
  const shape = { isEqual: true, hasRacks: false }

  it('gives shares that differ by one at most', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const counts = [
        ...countsOf(assignor.assign(randomGroup(random, { isEqual: true, hasRacks: seed % 2 === 0 }))).values(),
      ]
      expect(Math.max(...counts) - Math.min(...counts), `seed ${seed}`).toBeLessThanOrEqual(1)
    }
  })

  it('moves only the partitions of a member that leaves', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const group = randomGroup(random, shape)
      const { members, assignment } = settle(assignor, group)
      if (members.length === 1) continue
      const left = randomBelow(random, members.length)
      const rest = members.filter((_, index) => index !== left)
      const next = assignor.assign({ ...group, members: rest })
      const owners = ownersOf({ ...group, members: rest }, next, `seed ${seed}`)
      expect(owners.size, `seed ${seed}`).toBe(wantedCount(group))
      for (const [partition, owner] of ownersOf(group, assignment, `seed ${seed}`)) {
        if (owner !== members[left]?.memberId) expect(owners.get(partition), `seed ${seed}`).toBe(owner)
      }
    }
  })

  it('gives a new member no more than it has to', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const group = randomGroup(random, shape)
      const { members, assignment } = settle(assignor, group)
      const joined = { ...group, members: [...members, newMember(random, 100, shape)] }
      const { assignment: next } = settle(assignor, joined, 50)
      const before = ownersOf(group, assignment, `seed ${seed}`)
      const moved = [...ownersOf(joined, next, `seed ${seed}`)].filter(
        ([partition, owner]) => before.get(partition) !== owner,
      )
      expect(
        moved.every(([, owner]) => owner === 'm100'),
        `seed ${seed}`,
      ).toBe(true)
      expect(moved.length, `seed ${seed}`).toBeLessThanOrEqual(Math.ceil(wantedCount(joined) / joined.members.length))
    }
  })
})

describe.each(shapes)('cooperative-sticky, $name', (shape) => {
  it('gives a partition that somebody still has to nobody but the one who has it in the newest generation', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed)
      const group = changed(random, randomGroup(random, shape), shape, 1)
      const settled = { ...group, members: settle(cooperativeSticky, group).members }
      const isHostile = seed % 2 === 0
      const input = isHostile ? withHostileClaims(random, settled) : changed(random, settled, shape, 2)
      const wronged = [...ownersOf(input, cooperativeSticky.assign(input), `seed ${seed}`)].filter(
        ([partition, owner]) => !mayHave(input, partition, owner),
      )
      expect(wronged, `seed ${seed}`).toEqual([])
    }
  })

  it('has moved everything after a few rebalances, when members do what they are told', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      let input = randomGroup(random, shape)
      for (let step = 1; step <= 4; step++) {
        const { members, assignment, roundCount } = settle(cooperativeSticky, input, step * 20)
        const hint = `seed ${seed}, step ${step}`
        expect(ownersOf({ ...input, members }, assignment, hint).size, hint).toBe(wantedCount(input))
        expect(roundCount, hint).toBeLessThanOrEqual(shape.hasRacks ? 6 : 3)
        input = changed(random, { ...input, members }, shape, step)
      }
    }
  })
})

/** Nobody says it has the partition, or the member does and no other one in the same generation or a newer one. */
function mayHave({ members }: AssignmentInput, partition: string, memberId: string): boolean {
  const [topic = '', number] = partition.split('-')
  const claimants = members.filter(({ ownedPartitions }) => ownedPartitions?.get(topic)?.includes(Number(number)))
  const newest = Math.max(...claimants.map(generationOf))
  const rightful = claimants.filter((member) => generationOf(member) === newest)
  return claimants.length === 0 || (rightful.length === 1 && rightful[0]?.memberId === memberId)
}

function generationOf({ generationId = -1, userData }: AssignableMember): number {
  if (generationId >= 0) return generationId
  return Math.max(-1, userData && userData.length >= 4 ? userData.readInt32BE(0) : -1)
}

describe('groups as large as they get', () => {
  const memberId = (index: number) => `m${String(index).padStart(3, '0')}`
  const indexes = (length: number) => Array.from({ length }, (_, index) => index)

  it('are shared among 200 members of one topic with 5,000 partitions', () => {
    const topics = new Map([['t', { partitionCount: 5000 }]])
    const members = indexes(200).map((index) => ({ memberId: memberId(index), topics: ['t'] }))
    for (const { assignor } of assignorList) {
      const { assignment, roundCount } = settle(assignor, { topics, members })
      expect(new Set(countsOf(assignment).values())).toEqual(new Set([25]))
      expect(roundCount).toBe(1)
    }
  })

  it('are balanced when neighbours only share topics, and the first member had everything', () => {
    const topics = new Map(indexes(199).map((index) => [`t${memberId(index)}`, { partitionCount: 25 }]))
    const members = indexes(200).map((index): AssignableMember => {
      const mine = [`t${memberId(index - 1)}`, `t${memberId(index)}`].filter((name) => topics.has(name))
      const ownedPartitions = new Map([[mine.at(-1) ?? '', indexes(25)]])
      return { memberId: memberId(index), topics: mine, ownedPartitions, generationId: 1 }
    })
    members[0] = { ...(members[0] as AssignableMember), topics: [...topics.keys()] }
    const input = { topics, members }
    const { assignment } = settle(cooperativeSticky, input)
    const owners = ownersOf(input, assignment, 'chain')
    expect(owners.size).toBe(199 * 25)
    expect(helpfulMoves(input, owners, countsOf(assignment))).toEqual([])
  })
})
