/** What a thread is asked to do, and what it answers. */
import { describeFailure, TortureFailure } from './failure.ts'
import { plants } from './plants/index.ts'
import type { Plant } from './plants/plant.ts'
import { programByName } from './programs/index.ts'
import type { CaseOutcome, Program } from './programs/program.ts'

/** Cases of one programme. */
export interface Task {
  readonly program: string
  readonly numbers: readonly number[]
  /** With a planted bug: the cases are tried until one finds it. */
  readonly plant?: string
  /** Run each case twice and compare. */
  readonly isRepeated?: boolean
}

export interface TaskResult {
  readonly passedCount: number
  readonly failures: readonly { readonly number: number; readonly message: string }[]
  readonly seen: Readonly<Record<string, number>>
  /** For people: what was found of a planted bug. */
  readonly report?: string
}

export async function runTask(task: Task): Promise<TaskResult> {
  const program = programByName(task.program)
  if (task.plant !== undefined) return findPlant(program, task, plantByName(task.plant))
  const seen: Record<string, number> = {}
  const failures: { number: number; message: string }[] = []
  for (const number of task.numbers) {
    try {
      const outcome = await runOnce(program, number, task.isRepeated ?? false)
      for (const [what, count] of Object.entries(outcome.seen ?? {})) seen[what] = (seen[what] ?? 0) + count
    } catch (error) {
      failures.push({ number, message: describeFailure(error) })
    }
  }
  return { passedCount: task.numbers.length - failures.length, failures, seen }
}

/** Real time; a case takes some hundredths of a second. One that hangs has no more events, and harms nobody. */
const caseMsMax = 20_000

function limited<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new TortureFailure('it hangs')), caseMsMax)
    work.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}

async function runOnce(program: Program, number: number, isRepeated: boolean): Promise<CaseOutcome> {
  const first = await limited(program.run(number, {}))
  if (!isRepeated) return first
  const second = await limited(program.run(number, {}))
  if (second.hash !== first.hash) throw new Error('run twice, it goes two ways: something is not drawn from the seed')
  return first
}

export function plantByName(name: string): Plant {
  const found = plants.find((plant) => plant.name === name)
  if (found === undefined)
    throw new Error(`There is no planted bug ${name}; there are ${plants.map((one) => one.name).join(', ')}`)
  return found
}

async function findPlant(program: Program, { numbers }: Task, plant: Plant): Promise<TaskResult> {
  const name = `planted bug ${plant.name} (${plant.fault})`
  let other = ''
  for (const [place, number] of numbers.entries()) {
    try {
      await limited(program.run(number, { plant }))
    } catch (error) {
      const message = describeFailure(error)
      if (plant.says.test(message)) {
        const report = `${name}: found by ${program.name} ${number}, case ${place + 1}: ${message}`
        return { passedCount: 1, failures: [], seen: {}, report }
      }
      other ||= `; ${program.what} ${number} fails for another reason: ${message}`
    }
  }
  const message = `${name}: not found by ${numbers.length} cases of ${program.name}${other}`
  return { passedCount: 0, failures: [{ number: numbers[0] ?? 0, message }], seen: {} }
}
