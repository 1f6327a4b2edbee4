/** Counts what a vitest run did. A file that could not be loaded, and an error outside of any test, are failures. */

interface RunTest {
  result(): { readonly state: string }
}

interface RunModule {
  readonly children: { allTests(): Iterable<RunTest> }
  state(): string
}

export interface RunCount {
  readonly passed: number
  readonly failed: number
}

export function countRun(modules: readonly RunModule[], errors: readonly unknown[]): RunCount {
  let passed = 0
  let failed = errors.length
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      if (state === 'failed') failedHere++
    }
    failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere
  }
  return { passed, failed }
}
