/** Parts for tests of this package's users: a disk that fails, what every file system must do, and what compaction must keep. */
export {
  cleanModel,
  committedView,
  type ModelBatch,
  type ModelRecord,
  type ModelRound,
  type ModelTransaction,
} from './cleaner/compaction-model.ts'
export { type KeptBatch, type KeptRecord, readKeptBatches } from './cleaner/kept-records.ts'
export { type ConformanceCase, fileSystemConformance } from './fs/conformance.ts'
export { type Fault, type FaultRule, FaultyFileSystem, sectorBytes, seededFaults } from './fs/faulty.ts'
export type { Operation, OperationName } from './fs/memory.ts'
export { type FileOverrides, type FileSystemOverrides, wrapFileSystem } from './fs/wrapped.ts'
