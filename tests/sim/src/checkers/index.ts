/** All checkers. */
import { acknowledged } from './acknowledged.ts'
import type { CheckerKind } from './checker.ts'
import { groupOffsets } from './group-offsets.ts'
import { intact } from './intact.ts'
import { noDuplicate } from './no-duplicate.ts'
import { oneValuePerOffset } from './one-value-per-offset.ts'
import { order } from './order.ts'
import { poll } from './poll.ts'
import { watermarks } from './watermarks.ts'

export const checkers: readonly CheckerKind[] = [
  intact,
  oneValuePerOffset,
  acknowledged,
  noDuplicate,
  order,
  watermarks,
  poll,
  groupOffsets,
]
