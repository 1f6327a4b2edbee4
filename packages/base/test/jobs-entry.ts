/** What the threads of the tests run. */
import { serveJobs } from '../src/index.ts'
import { exitJob, failJob, reverseJob, whereJob } from './jobs.ts'

serveJobs([reverseJob, failJob, whereJob, exitJob])
