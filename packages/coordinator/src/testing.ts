export { type ConformanceOptions, describeShard } from './runtime/conformance.ts'
export { MemoryLog } from './runtime/memory-log.ts'
