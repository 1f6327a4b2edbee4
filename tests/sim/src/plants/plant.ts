/** A planted bug: it sits at a port of the broker, and the simulation must find it. The product knows nothing of it. */
import type { Clock, Random } from '@millrace/base'
import type { Transport } from '@millrace/network'
import type { FileSystem } from '@millrace/storage'

export interface PlantContext {
  /** Of the broker's present process. */
  readonly clock: Clock
  readonly random: Random
}

/** One run's instance. State in it outlives the broker's processes. */
export interface PlantInstance {
  fileSystem?(inner: FileSystem, context: PlantContext): FileSystem
  transport?(inner: Transport, context: PlantContext): Transport
}

export interface Plant {
  readonly name: string
  /** What is wrong in a broker that has it. */
  readonly fault: string
  /** The checkers that may find it, by name; a run that fails for another reason has not found it. */
  readonly foundBy: readonly string[]
  /** Within how many seeds it must be found. */
  readonly seedCountMax: number
  create(): PlantInstance
}
