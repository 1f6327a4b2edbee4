/** What the worker thread of a test runs. */
import { serveJobs, sha256, systemClock } from '@millrace/base'
import { createCleanJob } from '../src/cleaner/clean.ts'
import { NodeFileSystem } from '../src/fs/node.ts'

serveJobs([createCleanJob({ fileSystem: new NodeFileSystem(), clock: systemClock, digest: sha256 })])
