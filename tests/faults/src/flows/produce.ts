/** Producers: records in small waves, some awaited and some not, a flush and a close. */
import { type ProduceError, Producer } from '@millrace/producer'
import { FaultFailure, must } from '../judges/fault-failure.ts'
import { checkAcknowledged, checkAtLeastOnce, checkExactlyOnce, recordValue } from '../judges/log-check.ts'
import { type Flow, type FlowContext, pause } from './flow.ts'

const partitionCount = 3
/** Waves that may wait for their acknowledgement at a time: so that most waves are requests of their own. */
const waveLead = 4
const wavePauseMs = 5
/** Several requests are on their way at a time. */
const latencyMs = 12

function produceFlow(name: string, isIdempotent: boolean, waveCount: number): Flow {
  return {
    name,
    latencyMs,
    async prepare({ direct, name: topic }) {
      await direct.createTopic(topic, partitionCount)
      return [topic]
    },
    async run(context) {
      const failures: string[] = []
      const producer = new Producer({
        ...context.client,
        lingerMs: 1,
        deliveryTimeoutMs: 14_000,
        ...(isIdempotent ? {} : { idempotent: false, acks: 'all' }),
        onDeliveryFailed: (error: ProduceError, count: number) => failures.push(`${count}: ${error.message}`),
      })
      context.own(producer)
      context.describe(() => `producer.state(): ${JSON.stringify(producer.state())}`)
      const acknowledged = await sendWaves(producer, context, waveCount)
      await producer.flush()
      await producer.close()
      must(failures.length === 0, () => `records were given up: ${failures.join('; ')}`)
      for (let partition = 0; partition < partitionCount; partition++) {
        const records = await context.direct.read(context.name, partition)
        if (isIdempotent) checkExactlyOnce(partition, records, waveCount)
        else checkAtLeastOnce(partition, records, waveCount)
        if (partition === 0) checkAcknowledged(partition, records, acknowledged)
      }
    },
  }
}

/** Sends to the first partition with a promise, to the others without. Gives the offsets that were acknowledged, by value. */
async function sendWaves(producer: Producer, context: FlowContext, waveCount: number): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>()
  const sent: Promise<void>[] = []
  let disturbed: Promise<void> | undefined
  for (let number = 0; number < waveCount; number++) {
    if (number === Math.floor(waveCount / 3)) disturbed = context.disturb()
    const value = recordValue(0, number)
    const send = producer.send(context.name, { partition: 0, value }).then(
      ({ offset }) => void acknowledged.set(value, offset),
      (error: Error) => {
        throw new FaultFailure(`"${value}" was not sent: ${error.message}`)
      },
    )
    send.catch(() => {})
    sent.push(send)
    for (let partition = 1; partition < partitionCount; partition++) {
      const hasRoom = producer.enqueue(context.name, { partition, value: recordValue(partition, number) })
      if (!hasRoom) await producer.ready()
    }
    await sent[number - waveLead]
    await pause(wavePauseMs)
  }
  await Promise.all([...sent, disturbed])
  return acknowledged
}

export const produce = produceFlow('produce', true, 24)
export const producePlain = produceFlow('produce without idempotence', false, 60)
