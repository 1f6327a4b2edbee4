import { defineConfig } from 'vitest/config'
import { resultReporter } from './tools/test-report/src/reporter.ts'

export default defineConfig({
  test: {
    projects: ['packages/*', 'tools/*', 'tests/docs', 'tests/integration', 'tests/interop', 'tests/sim', 'tests/tidy'],
    reporters: ['default', resultReporter],
  },
})
