/** Options that every package's tests share: sources resolve through the `@millrace/source` condition, so nothing is built. */
import { defineConfig } from 'vitest/config'

export const sourceConditions = ['@millrace/source', 'node', 'module', 'import', 'default']

export default defineConfig({
  ssr: { resolve: { conditions: sourceConditions, externalConditions: ['@millrace/source', 'node'] } },
  test: {
    isolate: false,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    env: { NODE_OPTIONS: '--conditions=@millrace/source' },
    testTimeout: 30_000,
  },
})
