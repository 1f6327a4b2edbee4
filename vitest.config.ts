import { defineConfig } from 'vitest/config'
import { resultReporter } from './tools/test-report/src/reporter.ts'

export default defineConfig({
  test: {
    projects: ['packages/*', 'tools/*', 'tests/tidy', 'tests/integration'],
    reporters: ['default', resultReporter],
  },
})
