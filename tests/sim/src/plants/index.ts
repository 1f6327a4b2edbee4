/** All planted bugs. */
import { commitForgotten } from './commit-forgotten.ts'
import { directorySyncOmitted } from './directory-sync-omitted.ts'
import { flippedBit } from './flipped-bit.ts'
import { noDeduplication } from './no-deduplication.ts'
import type { Plant } from './plant.ts'
import { replyBeforeCommit } from './reply-before-commit.ts'
import { sequenceBeforeBatch } from './sequence-before-batch.ts'
import { syncAnsweredEarly } from './sync-answered-early.ts'
import { syncOmitted } from './sync-omitted.ts'

export const plants: readonly Plant[] = [
  syncOmitted,
  directorySyncOmitted,
  syncAnsweredEarly,
  replyBeforeCommit,
  sequenceBeforeBatch,
  noDeduplication,
  commitForgotten,
  flippedBit,
]
