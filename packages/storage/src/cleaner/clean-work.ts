/** What the steps of one cleaning share: its input, files that are counted and throttled, and the count. */
import type { Clock } from '@millrace/base'
import { defaultDecompressedSizeMax, openBatch, type RecordBatch, RecordsError } from '@millrace/protocol'
import { StorageError } from '../errors.ts'
import { logFileName } from '../file-names.ts'
import { type File, type FileSystem, joinPath } from '../fs/port.ts'
import { BatchReader } from './batch-reader.ts'
import type { CleanInput, CleanSegment } from './clean-input.ts'
import type { Digest } from './offset-map.ts'
import { metered, Throttle } from './throttle.ts'

export interface CleanPorts {
  readonly fileSystem: FileSystem
  /** For the throttle. */
  readonly clock: Clock
  /** SHA-256, for keys that are too long to be kept. */
  readonly digest: Digest
}

const defaultBufferBytes = 512 << 10

export class CleanWork {
  readonly ports: CleanPorts
  readonly input: CleanInput
  readonly bufferBytes: number
  readonly decompressedSizeMax: number
  readonly #throttle: Throttle
  bytesRead = 0
  bytesWritten = 0
  recordsRead = 0
  recordsKept = 0
  recordsKeyless = 0
  nextDeleteHorizonMs: number | undefined

  constructor(ports: CleanPorts, input: CleanInput) {
    this.ports = ports
    this.input = input
    this.bufferBytes = input.ioBufferBytes ?? defaultBufferBytes
    this.decompressedSizeMax = input.decompressedSizeMax ?? defaultDecompressedSizeMax
    this.#throttle = new Throttle(ports.clock, input.ioBytesPerSecondMax)
  }

  readonly meter = (file: File): File =>
    metered(
      file,
      (bytes) => {
        this.bytesRead += bytes
        return this.#spend(bytes)
      },
      (bytes) => {
        this.bytesWritten += bytes
        return this.#spend(bytes)
      },
    )

  /** Throws once the cleaning is no longer wanted. */
  #spend(bytes: number): Promise<void> {
    const { cancel, directory } = this.input
    if (cancel === undefined || Atomics.load(cancel, 0) === 0) return this.#throttle.spend(bytes)
    throw new StorageError('closed', `the cleaning of ${directory} was ended`, { path: directory })
  }

  /** Opens the data file of a segment for as long as `use` runs. */
  async withFile<T>({ baseOffset }: CleanSegment, use: (file: File) => Promise<T>): Promise<T> {
    const path = joinPath(this.input.directory, logFileName(baseOffset, 'log'))
    const file = await this.ports.fileSystem.open(path, 'read')
    try {
      return await use(this.meter(file))
    } finally {
      await file.close()
    }
  }

  reader(file: File, segment: CleanSegment): BatchReader {
    return new BatchReader(file, segment, this.bufferBytes)
  }

  /** The batch that the reader is at. */
  openBatch(file: File, { bytes, at, position }: BatchReader): RecordBatch {
    const { decompressedSizeMax } = this
    return this.readable(file, position, () => openBatch(bytes, at, { checkCrc: false, decompressedSizeMax }))
  }

  /** Says where records are damaged. */
  readable<T>(file: File, position: number, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RecordsError)) throw error
      const message = `${file.path}, batch at byte ${position}: ${error.message}. The log was not compacted.`
      throw new StorageError('damaged', message, { path: file.path, position, cause: error })
    }
  }

  /** Takes note of a time after which there is something to remove. */
  noteHorizon(horizonMs: number | undefined): void {
    // One that is past belongs to what stays for another reason.
    if (horizonMs === undefined || horizonMs <= this.input.nowMs) return
    this.nextDeleteHorizonMs = Math.min(horizonMs, this.nextDeleteHorizonMs ?? horizonMs)
  }
}
