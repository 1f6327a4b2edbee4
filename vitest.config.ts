import { defineConfig } from 'vitest/config'
import { resultReporter } from './tools/test-report/src/reporter.ts'

export default defineConfig({
  test: {
    projects: [
      'apps/*',
      'packages/*',
      'tools/*',
      'tests/docs',
      'tests/faults',
      'tests/integration',
      'tests/interop',
      'tests/sim',
      'tests/soak',
      'tests/tidy',
      'tests/torture',
    ],
    reporters: ['default', resultReporter],
  },
})
