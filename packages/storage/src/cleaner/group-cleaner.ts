/** The second pass: writes what stays of neighbouring segments into one (reference 3.5). */
import { BatchHeader } from '@millrace/protocol'
import type { File } from '../fs/port.ts'
import type { BatchReader } from './batch-reader.ts'
import type { CleanedGroup, CleanSegment } from './clean-input.ts'
import type { CleanWork } from './clean-work.ts'
import { type FilteredBatch, type FilterRules, filterBatch } from './filter.ts'
import { SegmentWriter } from './segment-writer.ts'
import { type Jury, judgeBatch } from './verdict.ts'

export class GroupCleaner {
  readonly #work: CleanWork
  readonly #rules: FilterRules
  readonly #jury: Jury
  readonly #buffer: Buffer

  /** `jury` and its transactions go from group to group, in order. */
  constructor(work: CleanWork, rules: FilterRules, jury: Jury) {
    this.#work = work
    this.#rules = rules
    this.#jury = jury
    this.#buffer = Buffer.allocUnsafe(work.bufferBytes)
  }

  /** Undefined, with nothing written, when one segment would be replaced by its equal. */
  async clean(group: readonly CleanSegment[]): Promise<CleanedGroup | undefined> {
    const [first] = group as [CleanSegment]
    if (group.length > 1) {
      return this.#write(group, undefined, async (writer) => {
        await writer.open()
        const last = group.findLast(({ size }) => size > 0)
        for (const segment of group) {
          await this.#work.withFile(segment, (file) => this.#copy(segment, file, writer, segment === last))
        }
      })
    }
    return this.#work.withFile(first, (file) =>
      this.#write(group, file, (writer) => this.#copy(first, file, writer, true)),
    )
  }

  async #write(
    group: readonly CleanSegment[],
    original: File | undefined,
    fill: (writer: SegmentWriter) => Promise<void>,
  ): Promise<CleanedGroup | undefined> {
    const { ports, input, meter } = this.#work
    const [{ baseOffset }] = group as [CleanSegment]
    const { directory, indexIntervalBytes } = input
    const { fileSystem } = ports
    const options = { fileSystem, directory, baseOffset, indexIntervalBytes, buffer: this.#buffer, meter, original }
    const writer = new SegmentWriter(options)
    try {
      await fill(writer)
      const aborted = this.#jury.transactions.takeKept()
      if (!writer.isOpen) return undefined
      const files = await writer.finish(aborted)
      const { size, nextOffset, firstTimestamp, maxTimestamp, maxTimestampOffset } = writer
      const replaces = group.map((segment) => segment.baseOffset)
      return { baseOffset, replaces, files, size, nextOffset, firstTimestamp, maxTimestamp, maxTimestampOffset }
    } finally {
      await writer.close()
    }
  }

  async #copy(segment: CleanSegment, file: File, writer: SegmentWriter, isLastSegment: boolean): Promise<void> {
    const reader = this.#work.reader(file, segment)
    for (let step = reader.step(); step !== 'end'; step = reader.step()) {
      if (step === 'fill') {
        await reader.fill()
        continue
      }
      const verdict = judgeBatch(reader.bytes, reader.at, this.#jury)
      // After a crash, the offsets in the new segment tell which of the old ones it replaces: it must reach into the last of them.
      const mustReach = isLastSegment && reader.isLast && writer.nextOffset <= segment.baseOffset
      const judged = mustReach ? { ...verdict, staysEmpty: true } : verdict
      const result = this.#work.readable(file, reader.position, () =>
        filterBatch(reader.bytes, reader.at, judged, this.#rules),
      )
      this.#count(reader, result)
      if (result.kind !== 'same' && !writer.isOpen) await writer.open()
      if (result.kind === 'gone') continue
      const [bytes, at] = result.bytes === undefined ? [reader.bytes, reader.at] : [result.bytes, 0]
      const size = BatchHeader.size(bytes, at)
      if (!writer.hasRoom(size)) await writer.flush()
      if (writer.hasRoom(size)) writer.add(bytes, at)
      else await writer.addLarge(bytes, at)
    }
  }

  #count({ bytes, at }: BatchReader, { keptCount, keylessCount, deleteHorizonMs }: FilteredBatch): void {
    this.#work.recordsRead += BatchHeader.recordCount(bytes, at)
    this.#work.recordsKept += keptCount
    this.#work.recordsKeyless += keylessCount
    this.#work.noteHorizon(deleteHorizonMs)
  }
}
