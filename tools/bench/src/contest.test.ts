import { describe, expect, it } from 'vitest'
import { contest } from './contest.ts'

describe('contest', () => {
  it('lets contenders take turns', async () => {
    const order: string[] = []
    const contender = (name: string) => ({ name, run: async (round: number) => order.push(`${name}${round}`) })
    await contest([contender('a'), contender('b')], 3, () => {})
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
  })

  it('goes on without one that fails', async () => {
    const bad = {
      name: 'bad',
      run: (round: number) => (round === 1 ? Promise.reject(new Error('fell over')) : Promise.resolve(round)),
    }
    const scores = await contest([bad, { name: 'good', run: async (round) => round }], 3, () => {})
    expect(scores).toEqual([
      { name: 'bad', samples: [0], failure: 'fell over' },
      { name: 'good', samples: [0, 1, 2], failure: undefined },
    ])
  })
})
