/** The last segment ends at every byte: what is left must be whole batches, all of those that there are, or the log does not open. */
import { seededRandom } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { type Durability, isStorageError } from '@millrace/storage'
import { demand, demandEqual } from '../failure.ts'
import type { Computer } from '../world/computer.ts'
import { type Observation, observe } from '../world/observation.ts'
import { Partition } from '../world/partition.ts'
import { computerOn, directory, type Image, imageOf, shapes, topics } from './image.ts'
import type { CaseOptions, CaseOutcome, Program } from './program.ts'

interface Variant {
  readonly name: string
  readonly isClean: boolean
  readonly durability: Durability
  /** Files that are gone as well. */
  readonly missing?: RegExp
}

/** All but that of log starts: it promises nothing. */
const checkpoints = /(recovery-point|replication|cleaner)-offset-checkpoint$/

const variants: readonly Variant[] = [
  { name: 'killed, fsync', isClean: false, durability: 'fsync' },
  { name: 'killed, os', isClean: false, durability: 'os' },
  { name: 'killed, without checkpoints', isClean: false, durability: 'fsync', missing: checkpoints },
  { name: 'killed, without indexes', isClean: false, durability: 'fsync', missing: /index$|snapshot$|leader-epoch/ },
  { name: 'stopped in order', isClean: true, durability: 'fsync' },
]

interface Cut {
  readonly variant: Variant
  readonly topic: string
  readonly size: number
}

const cutTopics = ['plain', 'compacted'] as const

function lastSegmentPath({ lastBase }: Image, topic: string): string {
  return `${directory}/${topic}-0/${String(lastBase.get(topic)).padStart(20, '0')}.log`
}

async function allCuts(): Promise<Cut[]> {
  const cuts: Cut[] = []
  for (const variant of variants) {
    const image = await imageOf(variant.isClean)
    for (const topic of cutTopics) {
      const { size } = image.disk.disk.file(lastSegmentPath(image, topic), 'measure')
      for (let left = 0; left < size; left++) cuts.push({ variant, topic, size: left })
    }
  }
  return cuts
}

let known: Promise<Cut[]> | undefined

function cutsOnce(): Promise<Cut[]> {
  known ??= allCuts()
  return known
}

export const cut: Program = {
  name: 'cut',
  what: 'case',
  sampleCount: 400,
  countAll: async () => (await cutsOnce()).length,
  run: async (number, options) => {
    const found = (await cutsOnce())[number]
    demand(found !== undefined, () => `there is no case ${number}`)
    return runCut(found, options)
  },
}

async function runCut({ variant, topic, size }: Cut, options: CaseOptions): Promise<CaseOutcome> {
  const where = `${topic} (${variant.name}), last segment cut to ${size} bytes`
  options.print?.(where)
  const image = await imageOf(variant.isClean)
  const computer = computerOn(image.disk, variant.durability, options)
  const path = lastSegmentPath(image, topic)
  const { disk } = computer.disk
  disk.truncate(disk.file(path, 'cut'), size)
  if (variant.missing !== undefined) removeAll(computer, variant.missing)

  const whole = wholeEnd(disk.file(path, 'read').bytes.subarray(0, size), image.lastBase.get(topic) as number)
  const floor = variant.missing === checkpoints ? 0 : (image.promised.get(topic) as number)
  const isDamaged = whole < floor
  if (isDamaged) await expectRefused(computer, image, topic, path, size, where)
  else await expectCut(computer, image, topic, whole, where)
  return { hash: computer.trace.hash, seen: { [isDamaged ? 'offline' : 'cut']: 1 } }
}

function removeAll(computer: Computer, names: RegExp): void {
  const { disk } = computer.disk
  for (const { name, kind } of disk.list(directory)) {
    const path = `${directory}/${name}`
    if (kind === 'file' && names.test(name)) disk.remove(path)
    if (kind !== 'directory') continue
    for (const inner of disk.list(path)) if (names.test(inner.name)) disk.remove(`${path}/${inner.name}`)
  }
}

/** The offset after the last whole batch. */
function wholeEnd(bytes: Buffer, base: number): number {
  let [at, end] = [0, base]
  while (bytes.length - at >= 61 && BatchHeader.size(bytes, at) <= bytes.length - at) {
    end = BatchHeader.lastOffset(bytes, at) + 1
    at += BatchHeader.size(bytes, at)
  }
  return end
}

/** Nothing is changed, the reason is told, the others go on. */
async function expectRefused(
  computer: Computer,
  image: Image,
  topic: string,
  path: string,
  size: number,
  where: string,
): Promise<void> {
  const before = Buffer.from(computer.disk.disk.file(path, 'read').bytes.subarray(0, size))
  const manager = await computer.open()
  const [failed, ...more] = manager.failedLogs
  demand(failed?.topic === topic && more.length === 0, () => `${where}: must not open, and does`)
  const isTold = isStorageError(failed.error, 'damaged') && failed.error.path !== undefined
  demand(isTold, () => `${where}: does not say what is damaged: ${failed.error.message}`)
  const after = computer.disk.disk.file(path, 'read')
  demand(after.size === size && before.equals(after.bytes.subarray(0, size)), () => `${where}: the file was changed`)
  for (const other of topics) if (other !== topic) await expectSame(manager, image, other, where)
  computer.kill()
}

async function expectSame(
  manager: Parameters<typeof observe>[0],
  image: Image,
  topic: string,
  where: string,
): Promise<void> {
  const seen = await observe(manager, topic, [])
  const wanted = image.observed.get(topic) as Observation
  const isSame = seen !== undefined && 'bytes' in seen && seen.end === wanted.end
  demand(isSame && seen.bytes?.equals(wanted.bytes as Buffer) === true, () => `${where}: ${topic} is not what it was`)
}

/** Everything below the cut is there, now and after another start; the next append follows. */
async function expectCut(computer: Computer, image: Image, topic: string, end: number, where: string): Promise<void> {
  const shape = shapes.find((each) => each.topic === topic) as (typeof shapes)[number]
  const history = (image.histories.get(topic) as NonNullable<ReturnType<Image['histories']['get']>>).copy()
  history.batches = history.batches.filter(({ lastOffset }) => lastOffset < end)
  Object.assign(history, { end, writtenEnd: end, durableEnd: end, startMin: 0, startMax: 0 })
  const partition = new Partition(computer, shape, seededRandom(9), history)
  const pictures: unknown[] = []
  for (let start = 1; start <= 2; start++) {
    const manager = await computer.open()
    demandEqual(
      manager.failedLogs.map(({ error }) => error.message),
      [],
      () => where,
    )
    const seen = (await observe(manager, topic, [])) as Observation
    const wanted = image.observed.get(topic) as Observation
    demand(seen.end === end, () => `${where}: ends at ${seen.end}, and ${end} was whole`)
    const length = seen.bytes?.length ?? -1
    const isPrefix = length >= 0 && seen.bytes?.equals((wanted.bytes as Buffer).subarray(0, length)) === true
    demand(
      isPrefix && (length === 0 || lastOf(seen.bytes as Buffer) + 1 === end),
      () => `${where}: not what was written`,
    )
    pictures.push({ ...seen, bytes: length })
    for (const other of topics) if (other !== topic) await expectSame(manager, image, other, where)
    await partition.attach(manager)
    await partition.adopt('power cut')
    if (start === 2) {
      partition.leaderEpoch = 7
      partition.lead()
      await partition.mustWork()
    }
    partition.detach()
    computer.kill()
  }
  demandEqual(pictures[1], pictures[0], () => `${where}: a second start finds something else`)
}

function lastOf(bytes: Buffer): number {
  let last = -1
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) last = BatchHeader.lastOffset(bytes, at)
  return last
}
