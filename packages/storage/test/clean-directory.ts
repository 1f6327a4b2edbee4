/** Cleans a log's directory that nobody has open: job and swap, one after the other. */
import { inlineWorkers, sha256, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { createCleanJob } from '../src/cleaner/clean.ts'
import type { CleanInput, CleanOutput, CleanSegment } from '../src/cleaner/clean-input.ts'
import { commitSwap, replaceOriginals } from '../src/cleaner/swap.ts'
import { logFileName, parseLogFileName } from '../src/file-names.ts'
import { type FileSystem, joinPath } from '../src/fs/port.ts'

/** The segments of a directory, with the offset at which each ends. */
export async function segmentsOf(fileSystem: FileSystem, directory: string): Promise<CleanSegment[]> {
  const names = (await fileSystem.list(directory)).flatMap(({ name }) => parseLogFileName(name) ?? [])
  const bases = names.filter(({ kind, suffix }) => kind === 'log' && suffix === '').map(({ offset }) => offset)
  const segments: CleanSegment[] = []
  for (const [place, baseOffset] of bases.entries()) {
    const bytes = await fileSystem.readFile(joinPath(directory, logFileName(baseOffset, 'log')), 2 ** 31)
    let nextOffset = baseOffset
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      nextOffset = BatchHeader.lastOffset(bytes, at) + 1
    }
    segments.push({ baseOffset, nextOffset: bases[place + 1] ?? nextOffset, size: bytes.length })
  }
  return segments
}

export const cleanDefaults = {
  firstDirtyOffset: 0,
  nowMs: 1_750_000_000_000,
  deleteRetentionMs: 86_400_000,
  segmentBytes: 1 << 20,
  segmentIndexBytes: 1 << 20,
  indexIntervalBytes: 4096,
  dedupeBytes: 1 << 20,
  ioBytesPerSecondMax: Number.POSITIVE_INFINITY,
  hashSeed: 7,
  activeProducers: [],
  abortedTransactions: [],
} satisfies Partial<CleanInput>

export type CleanOptions = Partial<CleanInput>

/** Runs the job only. All segments but the last are cleaned, unless `options` say otherwise. */
export async function runClean(
  fileSystem: FileSystem,
  directory: string,
  options: CleanOptions = {},
): Promise<CleanOutput> {
  const all = await segmentsOf(fileSystem, directory)
  const firstUncleanableOffset = options.firstUncleanableOffset ?? (all.at(-1) as CleanSegment).baseOffset
  const isCleaned = ({ baseOffset }: CleanSegment) => baseOffset < firstUncleanableOffset
  const abortSearch = {
    segments: all.filter((segment) => !isCleaned(segment)),
    endOffset: (all.at(-1) as CleanSegment).nextOffset,
  }
  const job = createCleanJob({ fileSystem, clock: systemClock, digest: sha256 })
  const input = { directory, segments: all.filter(isCleaned), firstUncleanableOffset, abortSearch }
  return inlineWorkers.run(job, { ...cleanDefaults, ...input, ...options })
}

/** Runs the job and puts its output in place. */
export async function cleanDirectory(
  fileSystem: FileSystem,
  directory: string,
  options: CleanOptions = {},
): Promise<CleanOutput & { readonly kind: 'cleaned' }> {
  const output = await runClean(fileSystem, directory, options)
  if (output.kind === 'failed') throw new Error(output.message)
  await commitSwap(fileSystem, directory, output.groups)
  for (const group of output.groups) {
    for (const path of await replaceOriginals(fileSystem, directory, group)) await fileSystem.remove(path)
  }
  return output
}
