/** One segment: every batch, and its three indexes against the batches. Reads only. */
import { readFileIfAny } from '../atomic-file.ts'
import { logFileName } from '../file-names.ts'
import { type FileSystem, joinPath } from '../fs/port.ts'
import { OffsetIndex, offsetIndexEntrySize } from '../offset-index.ts'
import { TimeIndex, timeIndexEntrySize } from '../time-index.ts'
import { type FoundBatch, type FoundGap, isGap, type WalkedBatch, type WalkStep, walkBatches } from './batch-walk.ts'
import type { Findings } from './findings.ts'
import { type IndexProblem, OffsetIndexCheck, TimeIndexCheck } from './index-checks.ts'
import { indexFileBytesMax } from './index-limits.ts'

export interface SegmentPlace {
  readonly directory: string
  readonly baseOffset: number
  /** Names in the directory. */
  readonly names: ReadonlySet<string>
  /** A process was killed while it wrote to this segment: its indexes were perhaps never written. */
  readonly isAbandoned: boolean
  /** Reports where the segment stops being sound. */
  onDamage(damage: SegmentDamage): void
}

/** Where a segment stops being sound. */
export interface SegmentDamage {
  readonly position: number
  /** The offset after the last sound batch before it. */
  readonly nextOffset: number
  readonly problem: string
  /** Whether a sound batch follows in the same file. */
  readonly isFollowed: boolean
  /** Sound data in the wrong place or in an old format: it must not be cut off. */
  readonly isMisplaced: boolean
  /** Bytes as a write that did not complete can leave them. */
  readonly isTearable: boolean
}

export interface SegmentResult {
  /** The offset after the last sound batch. */
  readonly nextOffset: number
  /** Bytes. */
  readonly size: number
  readonly batchCount: number
  readonly damage: SegmentDamage | undefined
}

/** Takes part in the walk: what follows from the batches of all segments together. */
export interface BatchObserver {
  batch(walked: WalkedBatch): void
  /** Bytes that are no sound batch come between the last one and the next. */
  interrupt(): void
}

/** Places of damage after the first that are listed. */
const laterMax = 10

const rebuildAdvice = 'millrace log repair builds it again from the segment'

/** Checks a segment whose first offset must be at least `nextOffset`. */
export async function checkSegment(
  fileSystem: FileSystem,
  place: SegmentPlace,
  nextOffset: number,
  findings: Findings,
  observer: BatchObserver,
): Promise<SegmentResult> {
  const { directory, baseOffset } = place
  const path = joinPath(directory, logFileName(baseOffset, 'log'))
  const indexes = await IndexFiles.read(fileSystem, place)
  const walk = new SegmentWalk(path, Math.max(nextOffset, baseOffset), baseOffset, indexes, findings, observer)
  const file = await fileSystem.open(path, 'read')
  try {
    const size = await file.size()
    for await (const steps of walkBatches(file, { start: 0, end: size, nextOffset: walk.nextOffset })) {
      for (const step of steps) walk.step(step)
    }
    if (walk.damage !== undefined) place.onDamage(walk.damage)
    walk.reportLater()
    indexes.finish(walk, size, findings)
    return { nextOffset: walk.nextOffset, size, batchCount: walk.batchCount, damage: walk.damage }
  } finally {
    await file.close()
  }
}

class SegmentWalk {
  nextOffset: number
  batchCount = 0
  damage: SegmentDamage | undefined
  hasGaps = false
  readonly #later: { readonly position: number; readonly offset: number; readonly problem: string }[] = []
  #unlistedCount = 0
  readonly #path: string
  readonly #baseOffset: number
  readonly #indexes: IndexFiles
  readonly #findings: Findings
  readonly #observer: BatchObserver

  constructor(
    path: string,
    nextOffset: number,
    baseOffset: number,
    indexes: IndexFiles,
    findings: Findings,
    observer: BatchObserver,
  ) {
    this.#path = path
    this.nextOffset = nextOffset
    this.#baseOffset = baseOffset
    this.#indexes = indexes
    this.#findings = findings
    this.#observer = observer
  }

  step(step: WalkStep): void {
    if (isGap(step)) this.#gap(step)
    else this.#batch(step)
  }

  #gap(gap: FoundGap): void {
    this.hasGaps = true
    this.#indexes.offsets?.gap(gap)
    this.#indexes.times?.gap()
    this.#observer.interrupt()
    const text = gap.reason === 'damaged' ? `${gap.size} bytes are no batch` : 'the file ends without a whole batch'
    const problem = gap.reason === 'old-format' ? gap.problem : `${text}: ${gap.problem}`
    this.#damage(gap.position, problem, gap.reason === 'old-format', gap.reason === 'torn' || gap.reason === 'zeros')
  }

  #batch(walked: WalkedBatch): void {
    const { batch } = walked
    if (batch.problem === undefined) {
      if (this.damage !== undefined) this.damage = { ...this.damage, isFollowed: true }
      this.batchCount++
      this.nextOffset = batch.lastOffset + 1
      this.#indexes.offsets?.batch(batch)
      this.#indexes.times?.batch(batch)
      this.#observer.batch(walked)
      return
    }
    const { position, size } = batch
    this.#indexes.offsets?.gap({ kind: 'gap', position, size, problem: '', reason: 'damaged' })
    this.#indexes.times?.gap()
    this.#observer.interrupt()
    this.hasGaps = true
    const problem = `the batch at offset ${batch.baseOffset}: ${this.#explain(batch)}`
    this.#damage(position, problem, batch.isCrcValid && batch.baseOffset < this.#baseOffset, !batch.isCrcValid)
  }

  reportLater(): void {
    for (const { position, offset, problem } of this.#later) {
      this.#findings.error(this.#path, problem, '', { position, offset })
    }
    if (this.#unlistedCount === 0) return
    this.#findings.error(this.#path, `${this.#unlistedCount} more places are damaged`, '')
  }

  #explain(batch: FoundBatch): string {
    if (!batch.isCrcValid) return batch.problem as string
    if (batch.baseOffset < this.#baseOffset) {
      return `the file's name promises offsets from ${this.#baseOffset} on`
    }
    return `${batch.problem}; its checksum is right, so the batches were put together wrongly`
  }

  /** The first damage is reported together with what can be done about it; the others after it, as they are. */
  #damage(position: number, problem: string, isMisplaced: boolean, isTearable: boolean): void {
    if (this.damage !== undefined) {
      if (this.#later.length < laterMax) this.#later.push({ position, offset: this.nextOffset, problem })
      else this.#unlistedCount++
      return
    }
    this.damage = { position, nextOffset: this.nextOffset, problem, isFollowed: false, isMisplaced, isTearable }
  }
}

/** The offset and time index of a segment, as they are on disk. */
class IndexFiles {
  readonly #place: SegmentPlace
  readonly offsets: OffsetIndexCheck | undefined
  readonly times: TimeIndexCheck | undefined
  readonly #unsound: readonly { readonly path: string; readonly position: number }[]

  private constructor(
    place: SegmentPlace,
    offsets: OffsetIndexCheck | undefined,
    times: TimeIndexCheck | undefined,
    unsound: readonly { readonly path: string; readonly position: number }[],
  ) {
    this.#place = place
    this.offsets = offsets
    this.times = times
    this.#unsound = unsound
  }

  static async read(fileSystem: FileSystem, place: SegmentPlace): Promise<IndexFiles> {
    const { directory, baseOffset } = place
    const unsound: { path: string; position: number }[] = []
    const offsetPath = joinPath(directory, logFileName(baseOffset, 'index'))
    const timePath = joinPath(directory, logFileName(baseOffset, 'timeindex'))
    const offsetBytes = await readFileIfAny(fileSystem, offsetPath, indexFileBytesMax)
    const timeBytes = await readFileIfAny(fileSystem, timePath, indexFileBytesMax)
    const offsets = offsetBytes && OffsetIndex.decode(offsetBytes, baseOffset)
    const times = timeBytes && TimeIndex.decode(timeBytes, baseOffset)
    if (offsets?.isSound === false)
      unsound.push({ path: offsetPath, position: offsets.index.count * offsetIndexEntrySize })
    if (times?.isSound === false) unsound.push({ path: timePath, position: times.index.count * timeIndexEntrySize })
    return new IndexFiles(
      place,
      offsets && new OffsetIndexCheck(offsets.index),
      times && new TimeIndexCheck(times.index),
      unsound,
    )
  }

  finish(walk: SegmentWalk, size: number, findings: Findings): void {
    const { directory, baseOffset } = this.#place
    this.offsets?.finish(size)
    this.times?.finish(walk.nextOffset, walk.hasGaps)
    const isSound = walk.damage === undefined
    // While the segment itself is damaged, its indexes are built again together with what is done about that.
    const advice = isSound ? rebuildAdvice : 'it is built again when the damage in the segment is repaired'
    const remedy = isSound ? { remedy: { kind: 'rebuild-indexes', directory, baseOffset } as const } : {}
    for (const { path, position } of this.#unsound) {
      findings.error(path, 'the bytes from here on are neither rising entries nor zeros', advice, {
        position,
        ...remedy,
      })
    }
    this.#report('index', this.offsets?.problems ?? [], findings, advice, remedy)
    this.#report('timeindex', this.times?.problems ?? [], findings, advice, remedy)
    for (const kind of ['index', 'timeindex'] as const) {
      const name = logFileName(baseOffset, kind)
      if (size === 0 || this.#place.names.has(name)) continue
      const missing = 'the next start builds it again, and so does millrace log repair'
      const severity = this.#place.isAbandoned ? 'note' : 'warning'
      findings.add({ severity, path: joinPath(directory, name), what: 'it is missing', advice: missing, ...remedy })
    }
  }

  #report(
    kind: 'index' | 'timeindex',
    problems: readonly IndexProblem[],
    findings: Findings,
    advice: string,
    remedy: Parameters<Findings['error']>[3],
  ): void {
    const path = joinPath(this.#place.directory, logFileName(this.#place.baseOffset, kind))
    for (const { position, offset, problem } of problems) {
      findings.error(path, `the entry for offset ${offset}: ${problem}`, advice, { position, offset, ...remedy })
    }
  }
}
