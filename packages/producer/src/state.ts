/** What a producer says about itself. */

/** A plain object for monitoring; counts are since the producer was made. */
export interface ProducerState {
  readonly isClosed: boolean
  /** Bytes that wait to be sent or acknowledged. */
  readonly bufferedSize: number
  /** Records that wait for their topic to be known or for room in the buffer. */
  readonly waitingRecords: number
  /** Batches that are not settled. */
  readonly incompleteBatches: number
  readonly counts: {
    readonly acceptedRecords: number
    readonly acknowledgedRecords: number
    readonly failedRecords: number
    /** Settled, acknowledged or not. */
    readonly batches: number
    readonly requests: number
    /** Batches sent again. */
    readonly retries: number
  }
}
