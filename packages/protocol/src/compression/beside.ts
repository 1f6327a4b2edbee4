/** Codecs that are written here, done beside the event loop: by a worker, or in place where there is none. */
import { type AnyJob, inlineWorkers, type Job, WorkerError, type Workers } from '@millrace/base'
import { CompressionError, type CompressionErrorCode, type CompressionName } from './codec.ts'

interface Task {
  readonly bytes: Uint8Array
  /** The level for compressing, the most bytes for decompressing. */
  readonly parameter: number
}

/** A failure crosses to the other thread as data: errors lose their class and fields on the way. */
type Outcome = { readonly bytes: Uint8Array } | { readonly code: CompressionErrorCode; readonly reason: string }

type Work = (bytes: Buffer, parameter: number) => Buffer

export interface Beside {
  readonly jobs: readonly AnyJob[]
  compress(bytes: Buffer, level: number, workers?: Workers): Promise<Buffer>
  decompress(bytes: Buffer, sizeMax: number, workers?: Workers): Promise<Buffer>
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** @param compress given a level that exists */
export function besideFor(codec: CompressionName, compress: Work, decompress: Work): Beside {
  const jobOf = (name: string, work: Work): Job<Task, Outcome> => ({
    name: `${codec} ${name}`,
    run({ bytes, parameter }) {
      try {
        return { bytes: work(asBuffer(bytes), parameter) }
      } catch (error) {
        if (!(error instanceof CompressionError)) throw error
        return { code: error.code, reason: error.reason }
      }
    },
  })
  const run = async (job: Job<Task, Outcome>, bytes: Buffer, parameter: number, workers: Workers) => {
    const task = { bytes, parameter }
    const outcome = await workers.run(job, task).catch((error) => {
      if (error instanceof WorkerError) return inlineWorkers.run(job, task)
      throw error
    })
    if ('code' in outcome) throw new CompressionError(outcome.code, codec, outcome.reason)
    return asBuffer(outcome.bytes)
  }
  const compressing = jobOf('compress', compress)
  const decompressing = jobOf('decompress', decompress)
  return {
    jobs: [compressing, decompressing],
    compress: (bytes, level, workers = inlineWorkers) => run(compressing, bytes, level, workers),
    decompress: (bytes, sizeMax, workers = inlineWorkers) => run(decompressing, bytes, sizeMax, workers),
  }
}
