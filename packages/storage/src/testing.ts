/** Parts for tests of this package's users: a disk that fails, and what every file system must do. */
export { type ConformanceCase, fileSystemConformance } from './fs/conformance.ts'
export { type Fault, type FaultRule, FaultyFileSystem, sectorBytes, seededFaults } from './fs/faulty.ts'
export type { Operation, OperationName } from './fs/memory.ts'
