/** A vitest reporter that ends the output with the plain line `N passed, N failed`. */
import type { Reporter } from 'vitest/node'
import { countRun } from './count.ts'

export const resultReporter: Reporter = {
  onTestRunEnd(modules, errors) {
    const { passed, failed } = countRun(modules, errors)
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`))
  },
}
