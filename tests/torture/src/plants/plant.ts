/** A planted bug: it sits between the log and its disk, and the programmes must find it. The product knows nothing of it. */
import type { FileSystem } from '@millrace/storage'

export interface Plant {
  readonly name: string
  /** What is wrong in a broker that has it. */
  readonly fault: string
  /** The programme that must find it. */
  readonly program: string
  /** What the failure must say; a run that fails for another reason has not found it. */
  readonly says: RegExp
  /** Within how many of its cases, from the first of the sample on, it must be found. */
  readonly caseCountMax: number
  fileSystem(inner: FileSystem): FileSystem
}
