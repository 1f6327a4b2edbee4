import { ManualClock, silentLogger } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { IdleMemory, keepMemorySmall } from './idle-memory.ts'
import { processMemory } from './system.ts'

const mebibyte = 1 << 20

describe('IdleMemory', () => {
  it('collects once when the process has become idle, and again only when the heap has grown since', () => {
    const memory = new IdleMemory(1000)
    const grown = { heapSize: 60 * mebibyte, usedSize: 40 * mebibyte }
    expect(memory.isDue({ cpuMs: 3000, ...grown }, 5000)).toBe(false)
    expect(memory.isDue({ cpuMs: 3010, ...grown }, 5000)).toBe(true)
    memory.collected(30 * mebibyte)
    expect(memory.isDue({ cpuMs: 3020, heapSize: 37 * mebibyte, usedSize: 30 * mebibyte }, 5000)).toBe(false)
    expect(memory.isDue({ cpuMs: 3030, heapSize: 38 * mebibyte, usedSize: 30 * mebibyte }, 5000)).toBe(true)
  })

  it('leaves a heap alone whose collection would be felt', () => {
    const memory = new IdleMemory(0)
    expect(memory.isDue({ cpuMs: 0, heapSize: 900 * mebibyte, usedSize: 129 * mebibyte }, 5000)).toBe(false)
  })
})

describe('keepMemorySmall', () => {
  it('looks every 5 s, until it is told to let it be', async () => {
    const clock = new ManualClock()
    let collectCount = 0
    const grown = { cpuMs: 0, heapSize: 60 * mebibyte, usedSize: 40 * mebibyte }
    const letBe = keepMemorySmall(clock, { state: () => grown, collect: async () => void collectCount++ }, silentLogger)
    clock.advance(4999)
    expect(collectCount).toBe(0)
    clock.advance(1)
    expect(collectCount).toBe(1)
    await new Promise(setImmediate)
    clock.advance(5000)
    expect(collectCount).toBe(1)
    await new Promise(setImmediate)
    grown.heapSize = 80 * mebibyte
    letBe()
    clock.advance(5000)
    expect(collectCount).toBe(1)
  })
})

describe('keepMemorySmall, while memory is being collected', () => {
  const state = () => ({ cpuMs: 0, heapSize: 60 * mebibyte, usedSize: 40 * mebibyte })

  it('does not look again when it is told to let it be', async () => {
    const clock = new ManualClock()
    let finish: (() => void) | undefined
    let collectCount = 0
    const collect = () => {
      collectCount++
      return new Promise<void>((resolve) => {
        finish = resolve
      })
    }
    const letBe = keepMemorySmall(clock, { state, collect }, silentLogger)
    clock.advance(5000)
    letBe()
    finish?.()
    await new Promise(setImmediate)
    expect([collectCount, clock.pendingCount]).toEqual([1, 0])
  })

  it('survives that it cannot be, and gives up', async () => {
    const clock = new ManualClock()
    const collect = () => Promise.reject(new Error('no inspector here'))
    keepMemorySmall(clock, { state, collect }, silentLogger)
    clock.advance(5000)
    await new Promise(setImmediate)
    expect(clock.pendingCount).toBe(0)
  })
})

describe('the memory of this process', () => {
  it('shrinks by what nobody holds, when it is collected', async () => {
    let held: unknown[] | undefined = Array.from({ length: 400_000 }, (_, index) => ({ index }))
    const before = process.memoryUsage().heapUsed
    expect(held.length).toBe(400_000)
    held = undefined
    await processMemory.collect()
    expect(process.memoryUsage().heapUsed).toBeLessThan(before - 8 * mebibyte)
  })
})
