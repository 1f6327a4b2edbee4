import { describe, expect, it } from 'vitest'
import type { PlantedFault } from './cluster.ts'
import { simulate } from './simulation.ts'

function failureOf(seed: number, planted?: PlantedFault, steps?: number): string | undefined {
  const options = { seed, ...(planted === undefined ? {} : { planted }), ...(steps === undefined ? {} : { steps }) }
  try {
    simulate(options)
    return undefined
  } catch (error) {
    return `seed ${seed}: ${(error as Error).message}`
  }
}

describe('a cluster under faults', () => {
  it('has one leader an epoch, loses and changes nothing committed, and recovers', () => {
    const counts = new Map<string, number>()
    for (let seed = 1; seed <= 300; seed++) {
      expect(failureOf(seed)).toBeUndefined()
    }
    for (let seed = 301; seed <= 340; seed++) {
      for (const [type, count] of simulate({ seed }).effectCounts) counts.set(type, (counts.get(type) ?? 0) + count)
    }
    // The faults reach what they are to test.
    for (const type of ['truncate', 'installSnapshot', 'votersChanged', 'refuseProposal', 'leaderReady', 'stopped']) {
      expect(counts.get(type) ?? 0, `${type} in seeds 301 to 340`).toBeGreaterThan(4)
    }
  })

  it('survives long runs', () => {
    for (let seed = 1001; seed <= 1020; seed++) expect(failureOf(seed, undefined, 500)).toBeUndefined()
  })

  it('does the same for the same seed', () => {
    for (const seed of [7, 11, 12]) {
      const [first, second] = [0, 1].map(() => {
        const lines: string[] = []
        simulate({ seed, trace: (observation) => lines.push(JSON.stringify(observation)) })
        return lines
      })
      expect(first?.length).toBeGreaterThan(1000)
      expect(second).toEqual(first)
    }
  })
})

describe('the checks', () => {
  const foundBy = (planted: PlantedFault, seeds: number, steps: number) =>
    Array.from({ length: seeds }, (_, index) => failureOf(index + 1, planted, steps)).filter(Boolean)

  it('find a disk that forgets votes', () => {
    expect(foundBy('forgottenVote', 60, 300)).not.toHaveLength(0)
  })

  it('find a disk that calls records durable which are not', () => {
    expect(foundBy('falseSync', 20, 60)).not.toHaveLength(0)
  })
})
