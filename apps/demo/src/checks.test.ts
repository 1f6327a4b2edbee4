import { expect, it } from 'vitest'
import { Checks, checkLine } from './checks.ts'
import { plain } from './terminal/paint.ts'

it('a check that failed once stays failed', () => {
  const checks = new Checks()
  expect(checks.passed).toBe(false)
  checks.record('every order is paid once', true, '10 of 10')
  expect(checks.passed).toBe(true)
  checks.record('every order is paid once', false, '11 of 12')
  checks.record('every order is paid once', true, '20 of 20')
  expect(checks.passed).toBe(false)
  expect(checks.verdict).toBe('0 of 1 checks passed')
  expect(checks.all.map((check) => checkLine(check, plain))).toEqual(['✗ every order is paid once: 11 of 12'])
})
