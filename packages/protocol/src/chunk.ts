/** What encoders give back: pieces of bytes that are sent one after the other, some of which may not be in memory. */

/**
 * Bytes that live elsewhere, for example a slice of a file. The encoder only counts them; whoever owns the socket sends them
 * at their place between the other chunks.
 */
export interface ExternalBytes {
  readonly byteLength: number
}

/** One piece of an encoded message. */
export type Chunk = Buffer | ExternalBytes

/** What may be given for a `records` field: batches in memory, in pieces, or elsewhere. Decoding always gives `Buffer | null`. */
export type RecordsValue = Buffer | readonly Chunk[] | ExternalBytes | null

/** How many bytes `chunks` are together. */
export function chunksSize(chunks: readonly Chunk[]): number {
  let size = 0
  for (const chunk of chunks) size += chunk.byteLength
  return size
}

/** One buffer with all bytes, for chunks known to be in memory. Throws TypeError for external bytes. */
export function joinChunks(chunks: readonly Chunk[]): Buffer {
  const [first] = chunks
  if (chunks.length === 1 && Buffer.isBuffer(first)) return first
  return Buffer.concat(
    chunks.map((chunk) => {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('external bytes cannot be joined: their owner has to read them')
      return chunk
    }),
  )
}
