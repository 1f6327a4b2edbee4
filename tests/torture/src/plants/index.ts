/** All planted bugs. */
import { checkpointTooHigh } from './checkpoint-too-high.ts'
import { checkpointsIgnored } from './checkpoints-ignored.ts'
import { checksumsIgnored } from './checksums-ignored.ts'
import { directorySyncOmitted } from './directory-sync-omitted.ts'
import { markKept } from './mark-kept.ts'
import { originalsRetiredFirst } from './originals-retired-first.ts'
import type { Plant } from './plant.ts'
import { shortWriteTaken } from './short-write-taken.ts'
import { syncFailureHidden } from './sync-failure-hidden.ts'
import { syncOmitted } from './sync-omitted.ts'
import { truncateOmitted } from './truncate-omitted.ts'

export const plants: readonly Plant[] = [
  syncOmitted,
  directorySyncOmitted,
  checkpointTooHigh,
  originalsRetiredFirst,
  markKept,
  checkpointsIgnored,
  checksumsIgnored,
  shortWriteTaken,
  syncFailureHidden,
  truncateOmitted,
]
