/** One run of a client: started, warmed up, let go, looked at, ended. See agents/stage.ts for what the two say to each other. */
import { deferred } from '@millrace/base'
import { Child, type ChildOptions, within } from '@millrace/peers'
import { cpuSecondsOf, forgetPeak, peakSizeOf } from './process-usage.ts'
import type { Sample } from './sample.ts'

export type Program = Pick<ChildOptions, 'command' | 'args' | 'env' | 'cwd'>

/** `name=value` for each. */
export type AgentArguments = Readonly<Record<string, string | number>>

const warmUpLimitMs = 120_000
const workLimitMs = 600_000
const endLimitMs = 30_000
const lineSizeMax = 1 << 20

/** Lines of a program's standard output, one at a time. */
class Lines {
  #text = ''
  #lines: string[] = []
  #waiting = deferred<void>()

  take(chunk: Buffer): void {
    const parts = (this.#text + chunk.toString()).split('\n')
    this.#text = parts.pop()!
    if (this.#text.length > lineSizeMax) throw new Error('printed a line without an end')
    this.#lines.push(...parts)
    this.#waiting.resolve()
    this.#waiting = deferred()
  }

  async next(): Promise<string> {
    while (this.#lines.length === 0) await this.#waiting.promise
    return this.#lines.shift()!
  }
}

/** What it used and what it said, while `brokerPid` served it. */
export async function runAgent(
  name: string,
  program: Program,
  given: AgentArguments,
  brokerPid: number,
): Promise<Sample> {
  const lines = new Lines()
  const child = new Child({
    name,
    ...program,
    args: [...program.args, ...Object.entries(given).map(([key, value]) => `${key}=${value}`)],
    onOutput: (chunk) => lines.take(chunk),
  })
  const ended = child.exited.then(() => {
    throw new Error(child.describe())
  })
  ended.catch(() => {})
  const line = (limitMs: number) =>
    within(Promise.race([lines.next(), ended, child.failure]), limitMs, () => `Waited for ${child.describe()}`)
  try {
    const said = await line(warmUpLimitMs)
    if (said !== 'ready') throw new Error(`${name} printed ${JSON.stringify(said)}`)
    const pid = child.pid!
    forgetPeak(brokerPid)
    const [clientBefore, brokerBefore] = [cpuSecondsOf(pid), cpuSecondsOf(brokerPid)]
    child.stdin.write('go\n')
    const { count, elapsedMs, ...more } = JSON.parse(await line(workLimitMs)) as Record<string, number>
    const sample = {
      count: count!,
      elapsedMs: elapsedMs!,
      clientCpuSeconds: cpuSecondsOf(pid) - clientBefore,
      brokerCpuSeconds: cpuSecondsOf(brokerPid) - brokerBefore,
      clientPeakSize: peakSizeOf(pid),
      brokerPeakSize: peakSizeOf(brokerPid),
      more,
    }
    child.stdin.end()
    await within(child.exited, endLimitMs, () => `${name} does not end`)
    return sample
  } finally {
    await child.kill()
  }
}
