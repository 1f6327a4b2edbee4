/** `npm run bench -- <scenario>`: runs one scenario, prints its tables, and writes them to benchmarks/. See README.md. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Bench, type Report, type Scenario } from './bench.ts'
import { describeMachine, type Machine } from './machine.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { replaceSection } from './results/sections.ts'
import { formatTable } from './results/table.ts'
import { scenarios } from './scenarios/index.ts'

const folder = fileURLToPath(new URL('../../../benchmarks/', import.meta.url))
const print = (line: string) => void process.stdout.write(`${line}\n`)

const pageHead = `# Results

Each section is written by the run of its scenario (\`npm run bench -- NAME\`), figures and words; see \`tools/bench/README.md\`. What
counts are the ratios: contenders took turns on the same machine in the same minutes. Figures are medians, with the least and the most beside them.`

function bodyOf(
  scenario: Scenario,
  report: Report,
  machine: Machine,
  command: string,
  skipped: readonly string[],
): string {
  const tables = report.tables.map((table) => `### ${table.title}\n\n${formatTable(table)}`)
  const facts = [
    `- ${scenario.goals}: ${scenario.summary}`,
    `- ${machine.date}, ${machine.machine}`,
    `- ${machine.versions}`,
  ]
  facts.push(`- \`${command}\``, ...[...report.notes, ...skipped].map((note) => `- ${note}`))
  return [facts.join('\n'), ...tables].join('\n\n')
}

function write(scenario: Scenario, report: Report, command: string, skipped: readonly string[]): void {
  const machine = describeMachine()
  mkdirSync(join(folder, 'results'), { recursive: true })
  const { tables, notes, raw } = report
  const content = { scenario: scenario.name, command, ...machine, skipped, notes, tables, raw }
  writeFileSync(join(folder, 'results', `${scenario.name}.json`), `${JSON.stringify(content, undefined, 1)}\n`)
  const path = join(folder, 'RESULTS.md')
  const page = existsSync(path) ? readFileSync(path, 'utf8') : pageHead
  const names = scenarios.map(({ name }) => name)
  writeFileSync(path, replaceSection(page, scenario.name, bodyOf(scenario, report, machine, command, skipped), names))
  print(`Written to benchmarks/RESULTS.md and benchmarks/results/${scenario.name}.json`)
}

/** Undefined, with the usage printed, when they are not understood. */
function readOptions(args: readonly string[]): Options | undefined {
  try {
    return parseOptions(args)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
    process.exitCode = 1
    return undefined
  }
}

async function main(): Promise<void> {
  const args = process.argv.slice(2)
  const options = readOptions(args)
  if (options === undefined) return
  if (options.scenario === 'list') {
    for (const { name, goals, summary, peers } of scenarios) {
      print(`${name.padEnd(16)} ${goals.padEnd(8)} ${summary}${peers.length > 0 ? `; peers: ${peers.join(', ')}` : ''}`)
    }
    return
  }
  const scenario = scenarios.find(({ name }) => name === options.scenario)
  if (scenario === undefined) throw new Error(`There is no scenario ${options.scenario}; npm run bench -- list`)
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  // However it ends: there may be gigabytes in it.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const bench = new Bench(options, directory, print)
  try {
    bench.touchMemory()
    const report = await scenario.run(bench)
    for (const table of report.tables) print(`\n${table.title}\n\n${formatTable(table)}`)
    print(['', ...report.notes, ...bench.skipped].join('\n'))
    if (options.isQuick) print('A quick run: nothing is written.')
    else write(scenario, report, `npm run bench -- ${args.join(' ')}`, bench.skipped)
  } finally {
    await bench.clearAll()
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    process.stderr.write(`Interrupted by ${signal}\n`)
    process.exit(1)
  })
}
try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
