/** `npm run test:sim`: many seeds and all planted bugs, or one seed to look at. Ends with `N passed, N failed`. */
import { availableParallelism } from 'node:os'
import { describe, describeFailure, isFound } from './case.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { plants } from './plants/index.ts'
import type { Plant } from './plants/plant.ts'
import { type Case, runCases } from './pool.ts'
import { runScenario } from './scenario.ts'

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function plantOf(options: Options): Plant | undefined {
  if (typeof options.plants === 'string') return undefined
  const { name } = options.plants
  const plant = plants.find((each) => each.name === name)
  if (plant !== undefined) return plant
  throw new Error(`There is no planted bug ${name}; there are ${plants.map((each) => each.name).join(', ')}`)
}

/** One seed in this thread, to be looked at: with its trace, or with a planted bug. */
async function showSeed(seed: number, options: Options): Promise<boolean> {
  const plant = plantOf(options)
  const result = await runScenario({ seed, keepsTrace: options.trace, ...(plant === undefined ? {} : { plant }) })
  for (const line of result.trace) print(line)
  print(describe(result))
  if (result.failure !== undefined) print(describeFailure(result))
  return plant === undefined ? result.failure === undefined : isFound(plant, result)
}

function casesOf(options: Options): Case[] {
  const planted = options.plants === 'none' ? [] : plants.filter(({ name }) => isAskedFor(name, options))
  const seeds = Array.from(
    { length: options.lastSeed - options.firstSeed + 1 },
    (_, index) => options.firstSeed + index,
  )
  // Planted bugs take longest: they begin first.
  return [...planted.map(({ name }) => ({ plant: name })), ...seeds.map((seed) => ({ seed }))]
}

function isAskedFor(name: string, { plants: asked }: Options): boolean {
  return asked === 'all' || (typeof asked === 'object' && asked.name === name)
}

async function runAll(options: Options): Promise<{ passed: number; failed: number }> {
  plantOf(options)
  const cases = casesOf(options)
  const isVerbose = cases.length <= 20
  let passed = 0
  let failed = 0
  let stepCount = 0
  await runCases(cases, availableParallelism(), (result) => {
    stepCount += result.stepCount
    if (result.passed) passed++
    else failed++
    if (!result.passed || isVerbose || result.report.startsWith('planted')) print(result.report)
    else if (passed % 50 === 0) print(`${passed + failed} of ${cases.length} done`)
  })
  print(`${stepCount} events, each run of a seed repeated and compared`)
  return { passed, failed }
}

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2))
  const isOne = options.firstSeed === options.lastSeed
  if (isOne && (options.trace || options.plants !== 'none')) {
    const good = await showSeed(options.firstSeed, options)
    print(good ? '1 passed, 0 failed' : '0 passed, 1 failed')
    return good
  }
  const { passed, failed } = await runAll(options)
  print(`${passed} passed, ${failed} failed`)
  return failed === 0
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
