import { describe, expect, it } from 'vitest'
import { effectiveMinIsr, nextHighWatermark } from './watermark.ts'

describe('effectiveMinIsr', () => {
  it.each([
    [1, 1, 1],
    [2, 1, 1],
    [2, 3, 2],
    [3, 2, 2],
    [1, 0, 1],
  ])('min.insync.replicas %i with %i replicas needs %i', (configured, replicas, expected) => {
    expect(effectiveMinIsr(configured, replicas)).toBe(expected)
  })
})

describe('nextHighWatermark', () => {
  const followers = new Map([
    [2, { endOffset: 80, isJoining: false }],
    [3, { endOffset: 50, isJoining: false }],
  ])
  it.each([
    ['a leader alone vouches for itself', 10, 100, [1], 1, new Map(), 100],
    ['the slowest of the ISR decides', 10, 100, [1, 2, 3], 1, followers, 50],
    ['a replica outside the ISR does not hold it back', 10, 100, [1, 2], 1, followers, 80],
    ['an ISR member that was never heard of holds it', 10, 100, [1, 9], 1, followers, 10],
    ['it never goes back', 90, 100, [1, 2, 3], 1, followers, 90],
    ['below the minimum ISR it stands still', 10, 100, [1], 2, followers, 10],
    ['a joining replica counts already', 10, 100, [1], 1, new Map([[3, { endOffset: 60, isJoining: true }]]), 60],
  ] as const)('%s', (_, current, leaderOffset, isr, minIsr, known, expected) => {
    expect(nextHighWatermark(current, leaderOffset, 1, isr, minIsr, known)).toBe(expected)
  })
})
