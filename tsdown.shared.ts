/** How published packages are bundled: ESM for Node 22.18 and later, sources found as in development, siblings left external. */
import type { UserConfig } from 'tsdown'

const conditionNames = ['@millrace/source', 'node', 'import', 'default']

export function libraryConfig(entry: readonly string[] = ['src/index.ts']): UserConfig {
  return {
    entry: [...entry],
    format: 'esm',
    platform: 'node',
    target: ['es2023', 'node22.18'],
    fixedExtension: false,
    dts: true,
    sourcemap: false,
    inputOptions: { resolve: { conditionNames } },
  }
}
