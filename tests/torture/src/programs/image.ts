/** A small disk with everything on it, made once: as a killed process leaves it, and as one that stopped in order. */
import { seededRandom } from '@millrace/base'
import type { Durability, LogConfig } from '@millrace/storage'
import type { FaultyFileSystem } from '@millrace/storage/testing'
import type { PartitionHistory } from '../partition-history.ts'
import { Computer, smallConfig } from '../world/computer.ts'
import { type Observation, observe } from '../world/observation.ts'
import { Partition, type PartitionShape } from '../world/partition.ts'
import type { CaseOptions } from './program.ts'

export const directory = '/d0'

const common = { segmentBytes: 1500, indexIntervalBytes: 150 }

export const shapes: readonly PartitionShape[] = [
  { topic: 'plain', directory, config: smallConfig(common) },
  {
    topic: 'compacted',
    directory,
    config: smallConfig({ ...common, cleanupPolicy: ['compact'], minCleanableDirtyRatio: 0 }),
  },
  { topic: 'other', directory, config: smallConfig(common) },
]

export const topics = shapes.map(({ topic }) => topic)

export function configFor(topic: string): LogConfig {
  return (shapes.find((shape) => shape.topic === topic) as PartitionShape).config
}

export interface Image {
  readonly disk: FaultyFileSystem
  readonly histories: ReadonlyMap<string, PartitionHistory>
  /** What is there when nothing is wrong, and what to search for. */
  readonly observed: ReadonlyMap<string, Observation>
  readonly times: readonly number[]
  /** What checkpoints promise of each. */
  readonly promised: ReadonlyMap<string, number>
  /** Base offset of the last segment. */
  readonly lastBase: ReadonlyMap<string, number>
}

export function computerOn(disk: FaultyFileSystem, durability: Durability, { plant, print }: CaseOptions): Computer {
  return new Computer({ seed: 1, directories: [directory], durability, configFor, plant, print }, disk)
}

/** `isClean`: stopped in order; else killed, some time after the last checkpoint, in the middle of the last segments. */
export async function makeImage(isClean: boolean): Promise<Image> {
  const computer = new Computer({ seed: 1, directories: [directory], durability: 'fsync', configFor })
  await computer.format()
  const manager = await computer.open()
  const partitions = shapes.map((shape, place) => new Partition(computer, shape, seededRandom(500 + place)))
  for (const partition of partitions) {
    await partition.attach(manager)
    partition.lead()
  }
  const send = async (count: number) => {
    for (let step = 0; step < count; step++) {
      for (const partition of partitions) partition.send()
      computer.time.advance(500)
      if (step % 4 === 3) for (const partition of partitions) await partition.log.flush()
    }
    for (const partition of partitions) await partition.log.flush()
  }
  await send(22)
  for (const partition of partitions) {
    partition.history.cleanings.push(...(partition.topic === 'compacted' ? [computer.time.now()] : []))
  }
  await manager.clean()
  for (const partition of partitions) {
    partition.lead()
    partition.log.roll()
  }
  await send(3)
  await manager.checkpoint()
  const promised = new Map(partitions.map(({ topic, log }) => [topic, log.endOffset]))
  await send(4)
  const lastBase = new Map(partitions.map(({ topic, log }) => [topic, log.segmentInfos.at(-1)?.baseOffset ?? 0]))
  for (const { topic, log } of partitions) if (isClean) promised.set(topic, log.endOffset)
  if (isClean) await manager.close({ clean: true, brokerEpoch: 7 })
  for (const partition of partitions) partition.detach()
  computer.kill()
  const disk = computer.image()
  const times = Array.from({ length: 24 }, (_, step) => computer.time.now() - 17_000 + step * 750)
  const histories = new Map(partitions.map(({ topic, history }) => [topic, history]))
  const observed = await observeAll(disk, times)
  return { disk, histories, observed, times, promised, lastBase }
}

async function observeAll(disk: FaultyFileSystem, times: readonly number[]): Promise<Map<string, Observation>> {
  const computer = computerOn(disk, 'fsync', {})
  const manager = await computer.open()
  const observed = new Map<string, Observation>()
  for (const topic of topics) {
    const seen = await observe(manager, topic, times)
    if (seen === undefined || 'failed' in seen) throw new Error(`${topic} does not open undamaged`)
    observed.set(topic, seen)
  }
  computer.kill()
  return observed
}

const images = new Map<boolean, Promise<Image>>()

/** Made at first use, in each thread. */
export function imageOf(isClean: boolean): Promise<Image> {
  let image = images.get(isClean)
  if (image === undefined) {
    image = makeImage(isClean)
    images.set(isClean, image)
  }
  return image
}
