import { describe, expect, it } from 'vitest'
import { randomBelow, seededRandom } from './random.ts'
import { SnapshotRegistry, TimelineMap, TimelineValue } from './timeline.ts'

describe('TimelineMap', () => {
  it('reads as of a snapshot while the latest state moves on', () => {
    const registry = new SnapshotRegistry()
    const map = new TimelineMap<string, number>(registry)
    map.set('kept', 1).set('changed', 1).set('removed', 1)
    registry.snapshot(10)
    map.set('changed', 2).set('added', 2)
    map.delete('removed')
    registry.snapshot(20)
    map.set('changed', 3)
    expect(Object.fromEntries(map)).toEqual({ kept: 1, changed: 3, added: 2 })
    expect(Object.fromEntries(map.entriesAt(10))).toEqual({ kept: 1, changed: 1, removed: 1 })
    expect(Object.fromEntries(map.entriesAt(19))).toEqual({ kept: 1, changed: 1, removed: 1 })
    expect(Object.fromEntries(map.entriesAt(20))).toEqual({ kept: 1, changed: 2, added: 2 })
    expect([map.getAt('removed', 10), map.getAt('removed', 20), map.getAt('added', 10)]).toEqual([
      1,
      undefined,
      undefined,
    ])
  })

  it('goes back over several snapshots, and forward again from there', () => {
    const registry = new SnapshotRegistry()
    const map = new TimelineMap<string, number>(registry)
    registry.snapshot(0)
    map.set('a', 1)
    registry.snapshot(1)
    map.set('a', 2)
    registry.snapshot(2)
    map.delete('a')
    registry.revertTo(1)
    expect([map.get('a'), registry.newest, registry.count]).toEqual([1, 1, 2])
    map.set('a', 5)
    registry.snapshot(2)
    registry.revertTo(0)
    expect(map.size).toBe(0)
  })

  it('equals a full copy at every snapshot, whatever happens in between', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed)
      const registry = new SnapshotRegistry()
      const maps = [0, 1, 2].map(() => new TimelineMap<number, number>(registry))
      const copies = new Map<number, Map<number, number>[]>()
      const copy = () => maps.map((map) => new Map(map))
      registry.snapshot(0)
      copies.set(0, copy())
      for (let step = 1; step < 300; step++) {
        const map = maps[randomBelow(random, 3)] as TimelineMap<number, number>
        const key = randomBelow(random, 8)
        const choice = randomBelow(random, 20)
        if (choice < 10) map.set(key, step)
        else if (choice < 14) map.delete(key)
        else if (choice === 14) map.clear()
        else if (choice < 18) {
          registry.snapshot(step)
          copies.set(step, copy())
        } else {
          const offsets = [...copies.keys()].filter((offset) => registry.has(offset))
          const offset = offsets[randomBelow(random, offsets.length)] as number
          if (choice === 18) registry.revertTo(offset)
          else registry.dropBelow(offset)
          for (const other of copies.keys()) if (!registry.has(other)) copies.delete(other)
          if (choice === 18) expect(copy(), `seed ${seed} step ${step}`).toEqual(copies.get(offset))
        }
        for (const [offset, expected] of copies) {
          const seen = maps.map((each) => new Map(each.entriesAt(offset)))
          expect(seen, `seed ${seed} step ${step} offset ${offset}`).toEqual(expected)
          expect(map.getAt(key, offset)).toBe(expected[maps.indexOf(map)]?.get(key))
        }
      }
    }
  })
})

describe('TimelineValue', () => {
  it('remembers and goes back', () => {
    const registry = new SnapshotRegistry()
    const value = new TimelineValue(registry, 'start')
    registry.snapshot(3)
    value.set('middle')
    value.set('later')
    registry.snapshot(7)
    value.set('end')
    expect([value.get(), value.getAt(3), value.getAt(7)]).toEqual(['end', 'start', 'later'])
    registry.revertTo(3)
    expect(value.get()).toBe('start')
  })
})

describe('SnapshotRegistry', () => {
  it('keeps what a reader at the given offset needs, and no more', () => {
    const registry = new SnapshotRegistry()
    for (const offset of [0, 5, 9]) registry.snapshot(offset)
    registry.dropBelow(7)
    expect([registry.oldest, registry.count, registry.floor(8), registry.floor(4)]).toEqual([5, 2, 5, undefined])
    registry.dropBelow(9)
    expect([registry.oldest, registry.count]).toEqual([9, 1])
  })

  it('refuses what would lose or invent state', () => {
    const registry = new SnapshotRegistry()
    const map = new TimelineMap<string, number>(registry)
    registry.snapshot(5)
    registry.snapshot(5)
    expect(() => registry.snapshot(4)).toThrow('below the newest')
    expect(() => registry.revertTo(6)).toThrow('no snapshot at 6')
    expect(() => map.getAt('a', 4)).toThrow('at or below 4')
  })
})
