/** A thread: takes tasks one at a time, and answers each. */
import { parentPort } from 'node:worker_threads'
import { describeFailure } from './failure.ts'
import { runTask, type Task } from './task.ts'

process.on('unhandledRejection', (error) => {
  throw error
})

parentPort?.on('message', (task: Task) => {
  runTask(task).then(
    (result) => parentPort?.postMessage(result),
    (error: unknown) => {
      const failures = [{ number: task.numbers[0] ?? 0, message: describeFailure(error) }]
      parentPort?.postMessage({ passedCount: 0, failures, seen: {} })
    },
  )
})
