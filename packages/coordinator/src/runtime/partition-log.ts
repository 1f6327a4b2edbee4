/** The port to one coordinator partition's replicated log. The broker's replica layer implements it. */

/** What became of an append: the offsets of the batch's records, or the wire error code of the refusal. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly baseOffset: number; readonly lastOffset: number }
  | { readonly kind: 'refused'; readonly errorCode: number }

export interface PartitionLogListener {
  /** Everything below `offset` is committed. May be called from inside `append`. */
  onHighWatermark(offset: number): void
  /** Records at or above `truncatedTo` were assigned but are gone: a failed write. Never below the high watermark. */
  onFailure(truncatedTo: number): void
}

export interface PartitionLog {
  /** The offset of the next record. */
  readonly endOffset: number
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Assigns offsets at once, in place in `batch`; durability and replication follow, and show in the high watermark. */
  append(batch: Buffer): AppendResult
  /** Whole batches from the one that holds `offset` on: at most `sizeMax` bytes, but at least one batch; empty at the end. */
  read(offset: number, sizeMax: number): Promise<Buffer>
  /** Returns the function that stops it. */
  listen(listener: PartitionLogListener): () => void
}
