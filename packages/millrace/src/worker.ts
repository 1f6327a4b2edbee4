/** What a worker thread of the command runs: compression, and the cleaning of logs. */
import { serveJobs, sha256, systemClock } from '@millrace/base'
import { compressionJobs } from '@millrace/protocol'
import { createCleanJob, NodeFileSystem } from '@millrace/storage'

const cleanJob = createCleanJob({ fileSystem: new NodeFileSystem(), clock: systemClock, digest: sha256 })

serveJobs([...compressionJobs, cleanJob])
