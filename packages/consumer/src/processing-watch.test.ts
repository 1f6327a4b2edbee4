import { describe, expect, it } from 'vitest'
import { ProcessingWatch } from './processing-watch.ts'

describe('the watch over user code', () => {
  it('counts from the first look at what is out, and begins anew with the next message', () => {
    const watched = { isOut: false, count: 0 }
    const watch = new ProcessingWatch(watched)
    expect(watch.look(0)).toBe(0)
    Object.assign(watched, { isOut: true, count: 1 })
    expect([watch.look(100), watch.look(150), watch.look(400)]).toEqual([1, 50, 300])
    watched.count = 2
    expect([watch.look(500), watch.look(700)]).toEqual([1, 200])
    watched.isOut = false
    expect(watch.look(900)).toBe(0)
    watched.isOut = true
    expect(watch.look(1000)).toBe(1)
  })
})
