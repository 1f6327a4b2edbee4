/** @millrace/producer by `enqueue`; with `each=send` a promise for each record. */
import { type CompressionName, Producer } from '@millrace/producer'
import { perform, produceTask, type SendAll } from './produce.ts'
import { givenArguments } from './stage.ts'

const task = produceTask()
const { topic, values, yieldMs } = task
const producer = new Producer({
  brokers: task.address,
  acks: task.acks === 'all' ? 'all' : 1,
  lingerMs: task.lingerMs,
  batchSizeMax: task.batchSize,
  bufferSizeMax: task.bufferSize,
  compression: task.compression as CompressionName,
})
/** Between two looks at the clock. */
const stride = 64
let at = 0
const nextRecord = () => ({ value: values[at++ % values.length]! })
const turn = () => new Promise((resolve) => setImmediate(resolve))

const enqueueAll: SendAll = async (isOver) => {
  let count = 0
  let yieldedMs = performance.now()
  while (!isOver()) {
    for (let index = 0; index < stride; index++, count++) {
      if (!producer.enqueue(topic, nextRecord())) await producer.ready()
    }
    if (yieldMs === 0 || performance.now() - yieldedMs < yieldMs) continue
    await turn()
    yieldedMs = performance.now()
  }
  await producer.flush()
  return count
}

/** As many promises at a time as there are bytes in the buffer. */
const sendAll: SendAll = async (isOver) => {
  let acknowledgedCount = 0
  let count = 0
  let failure: Error | undefined
  const succeed = () => void acknowledgedCount++
  const fail = (error: Error) => {
    failure ??= error
  }
  while (!isOver()) {
    for (let index = 0; index < stride; index++, count++) producer.send(topic, nextRecord()).then(succeed, fail)
    await producer.ready()
  }
  await producer.flush()
  await turn()
  if (failure !== undefined) throw failure
  if (acknowledgedCount !== count) throw new Error(`${count - acknowledgedCount} of ${count} promises did not settle`)
  return count
}

await perform(task, givenArguments().text('each') === 'send' ? sendAll : enqueueAll)
