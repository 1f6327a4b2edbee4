/** Archive: writes every file's lines to a compressed file, and proves that it has what was produced, byte for byte. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip, type Gzip } from 'node:zlib'
import { Positions } from '../positions.ts'
import { DemoError } from '../world.ts'
import type { LineReader, ReadLine } from './line-reader.ts'

/** What a file's content is known by. */
export interface Fingerprint {
  readonly size: number
  readonly sha256: string
}

export function fingerprintOf(content: Buffer): Fingerprint {
  return { size: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}

interface Entry {
  readonly path: string
  readonly gzip: Gzip
  readonly written: Promise<void>
}

export class Archive implements LineReader {
  readonly name = 'archive'
  readonly directory: string
  readonly #positions = new Positions()
  readonly #entries = new Map<string, Entry>()
  /** Compressed. */
  size = 0

  constructor(directory: string) {
    this.directory = directory
  }

  get lineCount(): number {
    return this.#positions.handledCount
  }

  async handle({ partition, offset, file, line }: ReadLine): Promise<void> {
    // What comes again is in the archive already.
    if (!this.#positions.advance(partition, offset)) return
    const { gzip, written } = this.#entry(file)
    // The line is a view on what was fetched, which is kept until it is compressed.
    if (!gzip.write(line)) await Promise.race([new Promise((resolve) => gzip.once('drain', resolve)), written])
  }

  /** Finishes all files. Rejects when one could not be written. */
  async close(): Promise<void> {
    for (const { gzip } of this.#entries.values()) gzip.end()
    await Promise.all(Array.from(this.#entries.values(), ({ written }) => written))
  }

  /** Reads the archive back; gives the names of files that are not what they should be. */
  async differences(expected: ReadonlyMap<string, Fingerprint>): Promise<readonly string[]> {
    const different: string[] = [...this.#entries.keys()].filter((file) => !expected.has(file))
    for (const [file, { size, sha256 }] of expected) {
      const entry = this.#entries.get(file)
      const found = entry === undefined ? undefined : await readBack(entry.path)
      if (found?.size !== size || found.sha256 !== sha256) different.push(file)
    }
    return different
  }

  get fileCount(): number {
    return this.#entries.size
  }

  #entry(file: string): Entry {
    let entry = this.#entries.get(file)
    if (entry === undefined) {
      const path = join(this.directory, archiveName(file))
      const gzip = createGzip()
      const target: WriteStream = createWriteStream(path, { flags: 'wx' })
      const written = pipeline(gzip, target).then(
        () => {
          this.size += target.bytesWritten
        },
        (error: Error) => {
          throw new DemoError(`The archive cannot be written: ${error.message}`)
        },
      )
      // Looked at when it is closed, at the latest.
      written.catch(() => {})
      entry = { path, gzip, written }
      this.#entries.set(file, entry)
    }
    return entry
  }
}

/** `/var/log/apt/history.log` becomes `var-log-apt-history.log.gz`; what is not plain is escaped, so that no two are the same. */
export function archiveName(file: string): string {
  const escaped = file.replaceAll(/[^\w./]/gu, (character) => `=${Buffer.from(character).toString('hex')}`)
  return `${escaped.replace(/^\//, '').replaceAll('/', '-')}.gz`
}

async function readBack(path: string): Promise<Fingerprint> {
  const hash: Hash = createHash('sha256')
  let size = 0
  await pipeline(createReadStream(path), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk)
      size += chunk.length
    }
  })
  return { size, sha256: hash.digest('hex') }
}
