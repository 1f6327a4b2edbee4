/** Spreads tasks over threads. One that hangs is given up with its thread. */
import { Worker } from 'node:worker_threads'
import { describeFailure } from './failure.ts'
import type { Task, TaskResult } from './task.ts'

/** Real time; a task takes a second or two. */
const taskMsMax = 300_000

export async function runTasks(
  tasks: readonly Task[],
  width: number,
  onResult: (task: Task, result: TaskResult) => void,
): Promise<void> {
  const waiting = [...tasks]
  const lane = async () => {
    let worker: Worker | undefined
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      worker ??= new Worker(new URL('./worker.ts', import.meta.url))
      const answer = await ask(worker, task)
      onResult(task, typeof answer === 'string' ? nothingFrom(task, answer) : answer)
      if (typeof answer !== 'string') continue
      await worker.terminate()
      worker = undefined
    }
    await worker?.terminate()
  }
  await Promise.all(Array.from({ length: Math.min(width, tasks.length) }, lane))
}

function nothingFrom({ numbers }: Task, message: string): TaskResult {
  const range = `${numbers[0]} to ${numbers.at(-1)}`
  return { passedCount: 0, failures: [{ number: numbers[0] ?? 0, message: `${message} (one of ${range})` }], seen: {} }
}

/** The answer, or why there is none. */
function ask(worker: Worker, task: Task): Promise<TaskResult | string> {
  return new Promise((resolve) => {
    const end = (result: TaskResult | string) => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      worker.off('error', onError)
      resolve(result)
    }
    const timer = setTimeout(() => end('it hangs'), taskMsMax)
    const onMessage = (result: TaskResult) => end(result)
    const onExit = () => end('its thread ended')
    const onError = (error: unknown) => end(describeFailure(error))
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    worker.on('error', onError)
    worker.postMessage(task)
  })
}
