/** Everything of compression that worker threads do. */
import type { AnyJob } from '@millrace/base'
import { lz4Jobs } from './lz4.ts'
import { snappyJobs } from './snappy.ts'

export const compressionJobs: readonly AnyJob[] = [...lz4Jobs, ...snappyJobs]
