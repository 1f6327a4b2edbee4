import { randomBelow } from '@millrace/base'
import { type ToyCommand, toyShard } from '../../test/toy-shard.ts'
import { describeShard } from './conformance.ts'

describeShard({
  name: 'the toy shard',
  shard: () => toyShard,
  queries: ['a', 'b', 'c'],
  stepMsMax: 300,
  command: (random): ToyCommand => {
    const key = 'abc'[randomBelow(random, 3)] as string
    const value = `${randomBelow(random, 1000)}`
    switch (randomBelow(random, 7)) {
      case 0:
        return { kind: 'wait', key }
      case 1:
        return { kind: 'get', key }
      case 2:
        return { kind: 'putLater', key, value, delayMs: randomBelow(random, 1000) }
      case 3:
        return { kind: 'cancel', key }
      case 4:
        return { kind: 'put', pairs: [[key, null]] }
      default:
        return {
          kind: 'put',
          pairs: [
            [key, value],
            ['c', value],
          ],
        }
    }
  },
})
