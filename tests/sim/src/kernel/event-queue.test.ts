import { randomBelow, seededRandom } from '@millrace/base'
import { expect, it } from 'vitest'
import { type Event, EventQueue } from './event-queue.ts'

it('gives events by time, and those of one moment in the order in which they came', () => {
  const random = seededRandom(42)
  const queue = new EventQueue()
  const expected: { at: number; place: number }[] = []
  for (let place = 0; place < 500; place++) {
    const at = randomBelow(random, 20)
    const event: Event = { at, dueAt: at, sequence: 0, label: `${place}`, owner: undefined, callback: undefined }
    queue.push(event)
    expected.push({ at, place })
  }
  expected.sort((a, b) => a.at - b.at || a.place - b.place)
  const got = expected.map(() => Number(queue.pop()?.label))
  expect(got).toEqual(expected.map(({ place }) => place))
  expect(queue.pop()).toBeUndefined()
})
