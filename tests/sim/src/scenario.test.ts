import { describe, expect, it } from 'vitest'
import { isFound } from './case.ts'
import { plants } from './plants/index.ts'
import { runScenario } from './scenario.ts'

// A few runs, so that the simulation itself stays sound; `npm run test:sim` has the many.
describe('a run', () => {
  it('of a good broker finds nothing, and is the same a second time', async () => {
    const first = await runScenario({ seed: 1 })
    expect(first.failure).toBeUndefined()
    expect(first.counts.acknowledgedCount).toBeGreaterThan(50)
    expect(first.counts.commitCount).toBeGreaterThan(10)
    expect((await runScenario({ seed: 1 })).traceHash).toBe(first.traceHash)
  })

  it('of a broker that replies too early finds it, and says how', async () => {
    const plant = plants.find(({ name }) => name === 'reply-before-commit')!
    const result = await runScenario({ seed: 1, plant })
    expect(isFound(plant, result)).toBe(true)
    expect(result.failure?.message).toContain('acknowledged before it began')
  })
})
