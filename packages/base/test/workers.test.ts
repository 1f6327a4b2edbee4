import { afterEach, describe, expect, it } from 'vitest'
import { inlineWorkers, ThreadWorkers, type ThreadWorkersOptions, WorkerError, type Workers } from '../src/index.ts'
import { exitJob, failJob, reverseJob, whereJob } from './jobs.ts'

const entry = () => new URL('./jobs-entry.ts', import.meta.url)
const opened: Workers[] = []

function threads(options: Partial<ThreadWorkersOptions> = {}): ThreadWorkers {
  const workers = new ThreadWorkers({ entry, ...options })
  opened.push(workers)
  return workers
}

afterEach(async () => {
  for (const workers of opened.splice(0)) await workers.close()
})

describe.each([
  ['inlineWorkers', () => inlineWorkers],
  ['ThreadWorkers', () => threads()],
])('%s', (_, make) => {
  it('gives the output and leaves the input alone', async () => {
    const whole = Buffer.from('..abc..')
    const bytes = whole.subarray(2, 5)
    const output = await make().run(reverseJob, { bytes, times: 1 })
    expect(Buffer.from(output.bytes).toString()).toBe('cba')
    expect(output.length).toBe(3)
    expect(whole.toString()).toBe('..abc..')
  })

  it('does many at a time, each with its own answer', async () => {
    const workers = make()
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}`)
    const outputs = await Promise.all(
      texts.map((text) => workers.run(reverseJob, { bytes: Buffer.from(text), times: 2 })),
    )
    expect(outputs.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(texts)
  })

  it('rejects with what the job throws, and goes on', async () => {
    const workers = make()
    await expect(workers.run(failJob, { reason: 'too odd' })).rejects.toThrow('too odd')
    expect(await workers.run(whereJob, {})).toEqual({ isDone: true })
  })
})

describe('ThreadWorkers', () => {
  it('starts threads as they are needed, up to the most', async () => {
    const workers = threads({ threadCountMax: 2 })
    expect(workers.threadCount).toBe(0)
    await workers.run(whereJob, {})
    await workers.run(whereJob, {})
    expect(workers.threadCount).toBe(1)
    await Promise.all([1, 2, 3].map(() => workers.run(whereJob, {})))
    expect(workers.threadCount).toBe(2)
  })

  it('rejects the work of a thread that ends, and starts another one', async () => {
    const workers = threads()
    await workers.run(whereJob, {})
    await expect(workers.run(exitJob, {})).rejects.toThrow(WorkerError)
    expect(await workers.run(whereJob, {})).toEqual({ isDone: true })
  })

  it('says that there is no thread where none comes up, and tries no more', async () => {
    const warnings: unknown[] = []
    const logger = { debug() {}, info() {}, error() {}, warn: (...words: unknown[]) => void warnings.push(words) }
    const broken = threads({ entry: () => new URL('./broken-entry.ts', import.meta.url), logger })
    await expect(broken.run(whereJob, {})).rejects.toThrow(/did not come up: nothing works here/)
    await expect(broken.run(whereJob, {})).rejects.toMatchObject({ isUnavailable: true })
    expect(broken.threadCount).toBe(0)
    const missing = threads({
      entry: () => {
        throw new Error('bundled')
      },
      logger,
    })
    await expect(missing.run(whereJob, {})).rejects.toThrow('no thread can be started: bundled')
    expect(warnings).toHaveLength(2)
  })

  it('rejects what is under way when it is closed', async () => {
    const workers = threads()
    const running = workers.run(whereJob, {})
    const outcome = expect(running).rejects.toThrow('the workers have been closed')
    await workers.close()
    await outcome
    await expect(workers.run(whereJob, {})).rejects.toThrow(WorkerError)
  })
})
