/** What the consuming agents in JavaScript have in common: a warm-up on a topic of its own, then the measured one. */
import { Received } from '../content.ts'
import { finish, givenArguments, untilTurn } from './stage.ts'

export interface ConsumeTask {
  readonly address: string
  readonly topic: string
  readonly group: string
  /** Bytes of an answer, and of one partition in it. */
  readonly fetchSize: number
  readonly partitionFetchSize: number
}

/** Reads from the beginning until `received` is complete; resolves with what closes the consumer. */
export type ReadAll = (task: ConsumeTask, received: Received) => Promise<() => Promise<unknown>>

export async function performReading(read: ReadAll): Promise<void> {
  const given = givenArguments()
  const common = {
    address: given.text('address'),
    fetchSize: given.number('fetchSize'),
    partitionFetchSize: given.number('partitionFetchSize'),
  }
  const group = given.text('group')
  const warmUpCount = given.number('warmUpCount')
  if (warmUpCount > 0) {
    const topic = given.text('warmUpTopic')
    const close = await read({ ...common, topic, group: `${group}-warm-up` }, new Received(warmUpCount))
    await close()
  }
  await untilTurn()
  const received = new Received(given.number('count'))
  const startedMs = performance.now()
  await read({ ...common, topic: given.text('topic'), group }, received)
  await finish(received.result(startedMs))
}
