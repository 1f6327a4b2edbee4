import { describe, expect, it } from 'vitest'
import { countRun } from './count.ts'

const module = (state: string, tests: string[]) => ({
  state: () => state,
  children: { allTests: () => tests.map((each) => ({ result: () => ({ state: each }) })) },
})

describe('countRun', () => {
  it('adds up passed and failed tests, and leaves out skipped ones', () => {
    expect(countRun([module('failed', ['passed', 'failed', 'skipped']), module('passed', ['passed'])], [])).toEqual({
      passed: 2,
      failed: 1,
    })
  })

  it('counts a file that failed without a failed test, and errors outside of tests', () => {
    expect(countRun([module('failed', [])], [new Error('late')])).toEqual({ passed: 0, failed: 2 })
  })
})
