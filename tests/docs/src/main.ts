/** `npm run test:docs`: what the READMEs show is type-checked and run. Ends with `N passed, N failed`. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommands } from './command-suite.ts'
import { runExamples } from './example-suite.ts'
import { parseOptions, usage } from './options.ts'
import { Report } from './report.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

async function main(): Promise<boolean> {
  const { isWorktree, parts } = parseOptions(process.argv.slice(2))
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'millrace-docs-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const report = new Report()
  if (parts.includes('examples')) await runExamples(report, root, directory)
  if (parts.includes('commands')) await runCommands(report, root, directory, isWorktree)
  const { passed, failed } = report.counts
  report.print(`${passed} passed, ${failed} failed`)
  return failed === 0
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
