/** What a worker thread of a client runs: compression. */
import { serveJobs } from '@millrace/base'
import { compressionJobs } from './compression/jobs.ts'

serveJobs(compressionJobs)
