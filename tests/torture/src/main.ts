/** `npm run test:storage-torture`: the log under a bad disk. Ends with `N passed, N failed`. */
import { availableParallelism } from 'node:os'
import { describeFailure } from './failure.ts'
import { type Options, parseOptions, usage } from './options.ts'
import { plants } from './plants/index.ts'
import { runTasks } from './pool.ts'
import { programByName, programs } from './programs/index.ts'
import type { Program } from './programs/program.ts'
import { plantByName, type Task } from './task.ts'

/** Cases that a thread takes at once, and cases that are run twice. */
const chunkCount = 20
const repeatedCount = 3
const failuresShownMax = 10

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Which numbers are run: all, the first ones, or some spread over all. */
async function numbersOf(program: Program, { isExhaustive, count }: Options): Promise<number[]> {
  const all = await program.countAll()
  if (all === undefined) return Array.from({ length: count ?? program.sampleCount }, (_, index) => index + 1)
  const wanted = isExhaustive ? all : Math.min(all, count ?? program.sampleCount)
  return Array.from({ length: wanted }, (_, index) => Math.floor((index * all) / wanted))
}

async function tasksOf(program: Program, options: Options): Promise<Task[]> {
  const numbers = await numbersOf(program, options)
  const tasks: Task[] = []
  for (let at = 0; at < numbers.length; at += chunkCount) {
    tasks.push({ program: program.name, numbers: numbers.slice(at, at + chunkCount) })
  }
  return [...tasks, { program: program.name, numbers: numbers.slice(0, repeatedCount), isRepeated: true }]
}

async function plantTasks({ plants: asked }: Options): Promise<Task[]> {
  if (asked === 'none') return []
  const wanted = asked === 'all' ? plants : [plantByName(asked.name)]
  return Promise.all(
    wanted.map(async ({ name, program, caseCountMax }) => {
      const sample = await numbersOf(programByName(program), { ...plainOptions, count: undefined })
      return { program, plant: name, numbers: sample.slice(0, caseCountMax) }
    }),
  )
}

const plainOptions: Options = {
  programs: [],
  isExhaustive: false,
  count: undefined,
  seed: undefined,
  plants: 'none',
  width: undefined,
}

interface Tally {
  passed: number
  failed: number
  readonly seen: Record<string, Record<string, number>>
}

async function runAll(tasks: readonly Task[], width: number): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, seen: {} }
  const shown: Record<string, number> = {}
  await runTasks(tasks, width, ({ program }, { passedCount, failures, seen, report }) => {
    tally.passed += passedCount
    tally.failed += failures.length
    if (report !== undefined) print(report)
    const sums = tally.seen[program] ?? {}
    tally.seen[program] = sums
    for (const [what, count] of Object.entries(seen)) sums[what] = (sums[what] ?? 0) + count
    for (const { number, message } of failures) {
      shown[program] = (shown[program] ?? 0) + 1
      if (shown[program] > failuresShownMax) continue
      print(`FAILED ${program}, ${programByName(program).what} ${number}: ${message}`)
      print(`  again: npm run test:storage-torture -- ${program} --seed ${number}`)
    }
  })
  return tally
}

/** One case in this thread, with what it does. */
async function showOne(program: Program, number: number, options: Options): Promise<boolean> {
  const plant = typeof options.plants === 'object' ? plantByName(options.plants.name) : undefined
  try {
    const { hash, seen } = await program.run(number, { plant, print })
    print(`${program.what} ${number}: nothing is wrong; trace ${hash} ${JSON.stringify(seen ?? {})}`)
    return plant === undefined
  } catch (error) {
    print(`FAILED ${program.name}, ${program.what} ${number}: ${describeFailure(error)}`)
    return plant !== undefined
  }
}

async function main(): Promise<boolean> {
  const names = programs.map(({ name }) => name)
  const options = parseOptions(process.argv.slice(2), names)
  if (options.seed !== undefined) {
    const planted = typeof options.plants === 'object' ? plantByName(options.plants.name).program : undefined
    const isGood = await showOne(programByName(options.programs[0] ?? planted ?? ''), options.seed, options)
    print(isGood ? '1 passed, 0 failed' : '0 passed, 1 failed')
    return isGood
  }
  const isOnlyPlant = typeof options.plants === 'object'
  const chosen = isOnlyPlant
    ? []
    : programs.filter(({ name }) => options.programs.length === 0 || options.programs.includes(name))
  const lists = await Promise.all(chosen.map((program) => tasksOf(program, options)))
  const tasks = [...(await plantTasks(options)), ...lists.flat()]
  const started = performance.now()
  const { passed, failed, seen } = await runAll(tasks, options.width ?? availableParallelism())
  for (const [name, counts] of Object.entries(seen)) {
    const texts = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
    print(`${name}: ${texts.map(([what, count]) => `${what} ${count}`).join(', ')}`)
  }
  print(`${Math.round((performance.now() - started) / 1000)} s`)
  print(`${passed} passed, ${failed} failed`)
  return failed === 0
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
