import { expect, it } from 'vitest'
import { firstDifference, Trace } from './trace.ts'

it('has a hash that depends on every line and on their order', () => {
  const hash = (...lines: string[]) => {
    const trace = new Trace(false)
    for (const line of lines) trace.note(1, line)
    return trace.hash
  }
  expect(hash('a', 'b')).toBe(hash('a', 'b'))
  expect(new Set([hash('a', 'b'), hash('b', 'a'), hash('a'), hash('ab'), hash('a', 'b', '')]).size).toBe(5)
})

it('shows where two traces part', () => {
  expect(firstDifference(['a', 'b', 'c'], ['a', 'b', 'x'], 1)).toBe('    b\n  1 c\n  2 x')
  expect(firstDifference(['a'], ['a', 'b'])).toBe('    a\n  1 (ended)\n  2 b')
  expect(firstDifference(['a'], ['a'])).toBeUndefined()
})
