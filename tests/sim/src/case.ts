/** One thing that passes or fails: a seed that runs well, twice the same; or a planted bug that is found. */
import { firstDifference } from './kernel/trace.ts'
import type { Plant } from './plants/plant.ts'
import { type RunResult, runScenario } from './scenario.ts'

export interface CaseResult {
  readonly passed: boolean
  /** One line when it passed; otherwise all that helps to find out why not. */
  readonly report: string
  readonly stepCount: number
}

/** How many lines of the broker's log a failure shows. */
const logLineCount = 12

/** A seed runs without a failure, and a second time the same. */
export async function checkSeed(seed: number): Promise<CaseResult> {
  const first = await runScenario({ seed })
  if (first.failure !== undefined) return failed(first, describeFailure(first))
  const second = await runScenario({ seed })
  if (second.traceHash !== first.traceHash) return failed(first, await describeDifference(seed))
  return { passed: true, report: describe(first), stepCount: first.counts.stepCount }
}

/** A planted bug is found within the seeds that it states. */
export async function checkPlant(plant: Plant): Promise<CaseResult> {
  let stepCount = 0
  for (let seed = 1; seed <= plant.seedCountMax; seed++) {
    const result = await runScenario({ seed, plant })
    stepCount += result.counts.stepCount
    if (isFound(plant, result)) {
      const report = `planted bug ${plant.name} found with seed ${seed}: ${result.failure?.message}`
      return { passed: true, report, stepCount }
    }
  }
  const report = `planted bug ${plant.name} (${plant.fault}) was not found within ${plant.seedCountMax} seeds\n  replay: npm run test:sim -- --plant ${plant.name}`
  return { passed: false, report, stepCount }
}

export function isFound(plant: Plant, { failure }: RunResult): boolean {
  return failure !== undefined && plant.foundBy.includes(failure.finder)
}

export function describe({ seed, traceHash, counts }: RunResult): string {
  const { stepCount, simulatedMs, acknowledgedCount, readCount, commitCount, faults } = counts
  const listed = Object.entries(faults).map(([name, count]) => `${count} ${name}`)
  return `seed ${seed}: trace ${traceHash}, ${stepCount} events in ${simulatedMs} ms, ${acknowledgedCount} batches acknowledged, ${readCount} records read, ${commitCount} commits; faults: ${listed.join(', ')}`
}

export function describeFailure({ failure, log, traceHash, counts }: RunResult): string {
  return [
    `${failure?.kind}: ${failure?.message}`,
    `  at event ${counts.stepCount}, ${counts.simulatedMs} simulated ms, trace ${traceHash}`,
    ...(log.length === 0 ? [] : ['  the broker logged last:']),
    ...log.slice(-logLineCount).map((line) => `    ${line}`),
  ].join('\n')
}

async function describeDifference(seed: number): Promise<string> {
  const runs = [await runScenario({ seed, keepsTrace: true }), await runScenario({ seed, keepsTrace: true })]
  const difference = firstDifference(runs[0]?.trace ?? [], runs[1]?.trace ?? [])
  return `two runs of the seed differ, so something in them does not come from the seed\n${difference ?? '  (these two were equal)'}`
}

function failed({ seed, counts }: RunResult, reason: string): CaseResult {
  const report = `seed ${seed} failed: ${reason}\n  replay: npm run test:sim -- --seed ${seed}`
  return { passed: false, report, stepCount: counts.stepCount }
}
