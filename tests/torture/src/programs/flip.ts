/**
 * Every bit of every file that the log keeps is flipped, one at a time, before a start after a crash and before one after a clean stop.
 * What must never happen fails the case; what Apache Kafka lets happen as well, and nothing on the disk can tell, is counted.
 */
import { BatchHeader, batchHeaderSize } from '@millrace/protocol'
import { isStorageError, type LogManager, StorageError } from '@millrace/storage'
import { demand } from '../failure.ts'
import { type Observation, type Observed, observe } from '../world/observation.ts'
import { computerOn, directory, type Image, imageOf, topics } from './image.ts'
import type { CaseOptions, CaseOutcome, Program } from './program.ts'

/** What the flipped file is to the log. */
type Kind = 'scanned' | 'trusted' | 'index' | 'txnindex' | 'snapshot' | 'epochs' | 'topic id' | 'checkpoint' | 'mark'

interface Target {
  readonly isClean: boolean
  readonly path: string
  readonly kind: Kind
  /** The topic it belongs to; undefined for files of the directory. */
  readonly topic: string | undefined
  readonly size: number
}

const flippedTopics = ['plain', 'compacted']

async function targetsOf(isClean: boolean): Promise<Target[]> {
  const image = await imageOf(isClean)
  const { disk } = image.disk
  const targets: Target[] = []
  const add = (path: string, kind: Kind, topic?: string) => {
    targets.push({ isClean, path, kind, topic, size: disk.file(path, 'measure').size })
  }
  for (const { name, kind } of disk.list(directory)) {
    const path = `${directory}/${name}`
    if (kind === 'directory') {
      const topic = name.replace(/-0$/, '')
      if (!flippedTopics.includes(topic)) continue
      for (const { name: file } of disk.list(path)) {
        const meaning = kindOf(file, image, topic)
        if (meaning !== undefined) add(`${path}/${file}`, meaning, topic)
      }
    } else if (name.endsWith('-checkpoint')) add(path, 'checkpoint')
    else if (/cleanshutdown|meta\.properties/.test(name)) add(path, 'mark')
  }
  return targets
}

/** Undefined for what is left out: of the segments that are trusted, the first is taken. */
function kindOf(file: string, image: Image, topic: string): Kind | undefined {
  const base = Number(/^(\d{20})\./.exec(file)?.[1])
  if (file.endsWith('.log')) {
    if (base === image.lastBase.get(topic))
      return image.promised.get(topic) === image.observed.get(topic)?.end ? 'trusted' : 'scanned'
    return base === 0 ? 'trusted' : undefined
  }
  if (file.endsWith('.txnindex')) return 'txnindex'
  if (file.endsWith('index')) return 'index'
  if (file.endsWith('.snapshot')) return 'snapshot'
  if (file === 'leader-epoch-checkpoint') return 'epochs'
  return file === 'partition.metadata' ? 'topic id' : undefined
}

let known: Promise<Target[]> | undefined

function targetsOnce(): Promise<Target[]> {
  known ??= Promise.all([targetsOf(false), targetsOf(true)]).then((lists) => lists.flat())
  return known
}

export const flip: Program = {
  name: 'flip',
  what: 'case',
  sampleCount: 1200,
  countAll: async () => (await targetsOnce()).reduce((sum, { size }) => sum + size * 8, 0),
  run: async (number, options) => {
    let bit = number
    for (const target of await targetsOnce()) {
      if (bit < target.size * 8) return runFlip(target, bit, options)
      bit -= target.size * 8
    }
    throw new Error(`there is no case ${number}`)
  },
}

async function runFlip(target: Target, bit: number, options: CaseOptions): Promise<CaseOutcome> {
  const { isClean, path, kind } = target
  const where = `${path}, byte ${bit >> 3}, bit ${bit & 7} (${isClean ? 'stopped in order' : 'killed'})`
  options.print?.(where)
  const image = await imageOf(isClean)
  const computer = computerOn(image.disk, 'fsync', options)
  const file = computer.disk.disk.file(path, 'flip')
  file.bytes[bit >> 3] = (file.bytes[bit >> 3] as number) ^ (1 << (bit & 7))
  const manager = await openOrTyped(() => computer.open(), kind === 'mark' || kind === 'checkpoint', where)
  if (manager === undefined) return { hash: computer.trace.hash, seen: { [`${kind}: no start`]: 1 } }
  const seen: Record<string, number> = {}
  for (const topic of topics) {
    const found = await observe(manager, topic, image.times)
    const wanted = image.observed.get(topic) as Observation
    const isConcerned = target.topic === undefined || target.topic === topic
    const outcome = judge({
      target,
      bit,
      found,
      wanted,
      where,
      isConcerned,
      floor: image.promised.get(topic) as number,
    })
    if (isConcerned) seen[`${kind}, ${isClean ? 'clean' : 'killed'}: ${outcome}`] = 1
    computer.trace.note(`${topic} ${outcome}`)
  }
  computer.kill()
  return { hash: computer.trace.hash, seen }
}

/** Undefined when it refuses to start, and may. */
async function openOrTyped(
  open: () => Promise<LogManager>,
  mayRefuse: boolean,
  where: string,
): Promise<LogManager | undefined> {
  try {
    return await open()
  } catch (error) {
    demand(mayRefuse && error instanceof StorageError, () => `${where}: does not start: ${error}`)
    return undefined
  }
}

interface Judged {
  readonly target: Target
  readonly bit: number
  readonly found: Observed | undefined
  readonly wanted: Observation
  readonly where: string
  readonly isConcerned: boolean
  readonly floor: number
}

/** What became of a partition, in words; throws what must not be. */
function judge(judged: Judged): string {
  const { target, found, wanted, where, isConcerned } = judged
  if (found === undefined) {
    demand(target.kind === 'topic id', () => `${where}: a partition is not there any more`)
    return 'not there'
  }
  if ('failed' in found) {
    const { failed } = found
    const isTold = failed instanceof StorageError && failed.path !== undefined
    demand(isTold && isConcerned, () => `${where}: a partition goes offline: ${failed}`)
    return `offline (${failed.code})`
  }
  const differences = differencesOf(found, wanted)
  if (differences.length === 0) return 'as it was'
  demand(isConcerned, () => `${where}: another partition changes: ${differences.join(', ')}`)
  return ruleFor[target.kind]({ ...judged, found }, differences)
}

type Difference = 'start' | 'end' | 'bytes' | 'committed' | 'producers' | 'epochs' | 'times'

function differencesOf(found: Observation, wanted: Observation): Difference[] {
  const differs: readonly [Difference, boolean][] = [
    ['start', found.start !== wanted.start],
    ['end', found.end !== wanted.end],
    ['bytes', found.bytes?.equals(wanted.bytes as Buffer) !== true],
    ['committed', found.committed?.join() !== wanted.committed?.join()],
    ['producers', found.producers !== wanted.producers],
    ['epochs', found.epochs !== wanted.epochs],
    ['times', found.times.join() !== wanted.times.join()],
  ]
  return differs.filter(([, isDifferent]) => isDifferent).map(([name]) => name)
}

type Rule = (judged: Judged & { readonly found: Observation }, differences: readonly Difference[]) => string

function nothingBut(allowed: readonly Difference[], outcome: string): Rule {
  return ({ where }, differences) => {
    const others = differences.filter((difference) => !allowed.includes(difference))
    demand(others.length === 0, () => `${where}: changes ${others.join(', ')}`)
    return outcome
  }
}

const ruleFor: Readonly<Record<Kind, Rule>> = {
  scanned: judgeScanned,
  trusted: judgeTrusted,
  index: nothingBut([], ''),
  // No checksum covers it, and Kafka trusts it as well.
  txnindex: nothingBut(['committed'], 'other transactions count as aborted'),
  snapshot: nothingBut([], ''),
  epochs: nothingBut(['epochs'], 'other leader epochs'),
  'topic id': nothingBut([], ''),
  checkpoint: judgeCheckpoint,
  mark: nothingBut([], ''),
}

/** Everything that is checked when the log opens: nothing changed is served, and only an unpromised end may go. */
function judgeScanned({ target, found, wanted, where, bit, floor }: Parameters<Rule>[0]): string {
  const bytes = found.bytes ?? Buffer.alloc(0)
  const all = wanted.bytes as Buffer
  if (found.end >= wanted.end) {
    // Gaps are normal where compaction is, so that an offset that is too high looks right when nothing follows.
    const [from, to] = target.topic === 'compacted' ? [0, 16] : [12, 16]
    demand(isLastOnly(bytes, all, from, to), () => `${where}: something else is served (bit ${bit})`)
    return `another ${found.end === wanted.end ? 'epoch' : 'offset'} of the very last batch`
  }
  demand(found.end >= floor, () => `${where}: ends at ${found.end}, and ${floor} was durable`)
  demand(bytes.equals(all.subarray(0, bytes.length)), () => `${where}: something else is served`)
  const rest = all.subarray(bytes.length)
  demand(BatchHeader.size(rest, 0) === rest.length, () => `${where}: sound batches are cut off with the damaged one`)
  return 'the damaged last batch is cut off'
}

/** Whether nothing differs but these bytes of the last batch: no checksum covers them, and no batch follows it. */
function isLastOnly(bytes: Buffer, wanted: Buffer, from: number, to: number): boolean {
  if (bytes.length !== wanted.length) return false
  let last = 0
  for (let at = 0; at < wanted.length; at += BatchHeader.size(wanted, at)) last = at
  const other = Buffer.from(bytes)
  wanted.copy(other, last + from, last + from, last + to)
  return other.equals(wanted)
}

/** What nobody looks at after a clean stop, or below the recovery point: whoever reads it must be able to tell. */
function judgeTrusted(
  { found, wanted, where, isConcerned }: Parameters<Rule>[0],
  differences: readonly Difference[],
): string {
  demand(isConcerned && found.start === wanted.start, () => `${where}: the start moves`)
  demand(found.end >= wanted.end || found.error !== undefined, () => `${where}: ends at ${found.end} in silence`)
  if (found.error !== undefined) {
    demand(isStorageError(found.error, 'damaged') && found.error.path !== undefined, () => `${where}: ${found.error}`)
    return 'reading fails'
  }
  if (found.bytes === undefined || found.bytes.equals(wanted.bytes as Buffer))
    return `served right; other ${differences.join(', ')}`
  return wrongBatches(found.bytes, wanted.bytes as Buffer, where)
}

/** Batches come with a checksum that is wrong, or with another offset or epoch, which none covers. */
function wrongBatches(bytes: Buffer, wanted: Buffer, where: string): string {
  const sound = new Map<number, Buffer>()
  for (let at = 0; at < wanted.length; at += BatchHeader.size(wanted, at)) {
    sound.set(BatchHeader.crc(wanted, at), wanted.subarray(at, at + BatchHeader.size(wanted, at)))
  }
  let [badCount, otherCount, count] = [0, 0, 0]
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    if (bytes.length - at < batchHeaderSize || BatchHeader.size(bytes, at) < batchHeaderSize) {
      // Where the size is wrong, what follows is no batch.
      return 'served with a wrong size, for the client to find'
    }
    count++
    const batch = bytes.subarray(at, at + BatchHeader.size(bytes, at))
    const known = sound.get(BatchHeader.crc(bytes, at))
    if (known?.equals(batch)) continue
    if (!BatchHeader.isCrcValid(bytes, at)) badCount++
    else {
      demand(
        known?.subarray(21).equals(batch.subarray(21)) === true,
        () => `${where}: other records are served as sound`,
      )
      otherCount++
    }
  }
  // Readers go on behind an offset that is too high; those before it, they see again.
  demand(
    otherCount + badCount > 0 || count === sound.size,
    () => `${where}: ${sound.size - count} batches are passed over in silence`,
  )
  if (badCount > 0) return 'served with a wrong checksum, for the client to find'
  return otherCount > 0 ? 'served with another offset or epoch' : 'as it was'
}

/** A promise that is wrong may keep a partition offline; it must not make the log remove anything. */
function judgeCheckpoint({ found, wanted, where }: Parameters<Rule>[0], differences: readonly Difference[]): string {
  demand(
    found.end === wanted.end,
    () => `${where}: the log ends at ${found.end} instead of ${wanted.end}: records were removed`,
  )
  const others = differences.filter(
    (difference) => !['start', 'bytes', 'committed', 'times', 'epochs'].includes(difference),
  )
  demand(others.length === 0, () => `${where}: changes ${others.join(', ')}`)
  return found.start > wanted.start ? 'the log starts higher' : 'the log starts lower'
}
