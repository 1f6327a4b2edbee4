import { ManualClock } from '@millrace/base'
import { expect, it } from 'vitest'
import { Checks } from '../checks.ts'
import { Interrupted } from '../world.ts'
import { type Scene, Stage, waitLimitMs } from './stage.ts'

function stageOf(pace: number) {
  const clock = new ManualClock()
  const ending = new AbortController()
  const log: string[] = []
  const checks = new Checks()
  const note = (text: string) => void log.push(`${clock.monotonic()} ${text}`)
  const stage = new Stage<object>({
    place: {},
    clock,
    signal: ending.signal,
    pace,
    onScene: ({ title }, number, count) => note(`${number}/${count} ${title}`),
    onSceneEnd: () => note('end'),
    onSaid: note,
    onChecked: ({ name }) => note(name),
    checks,
  })
  /** Lets time pass until `promise` is settled. */
  const run = async (promise: Promise<unknown>) => {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => {})
    while (!isSettled) {
      clock.advance(10)
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    }
    return settled
  }
  return { clock, ending, log, stage, run }
}

const scene = (title: string, seconds: number, play: Scene<object>['play']): Scene<object> => ({
  title,
  about: '',
  seconds,
  play,
})

it('gives every scene its time, and more when it needs it', async () => {
  const { stage, log, run } = stageOf(0.5)
  const quick = scene('quick', 2, async () => {})
  const slow = scene('slow', 1, async (on) => {
    await on.linger(3)
    on.say('done')
  })
  await run(stage.play([quick, slow]))
  expect(log).toEqual(['0 1/2 quick', '1000 end', '1000 2/2 slow', '2500 done', '2500 end'])
})

it('waits for what becomes true, and says what did not', async () => {
  const { clock, stage, run } = stageOf(1)
  await run(stage.until('time passes', () => clock.monotonic() >= 100))
  expect(clock.monotonic()).toBeGreaterThanOrEqual(100)
  await expect(run(stage.until('pigs fly', () => false))).rejects.toThrow('in vain: pigs fly')
  expect(clock.monotonic()).toBeGreaterThan(waitLimitMs)
})

it('ends with the reason of its signal, wherever it is', async () => {
  const { stage, ending, run } = stageOf(1)
  const playing = run(stage.play([scene('long', 1000, async () => {})]))
  ending.abort(new Interrupted('Ctrl-C'))
  await expect(playing).rejects.toThrow('Ctrl-C')
})
