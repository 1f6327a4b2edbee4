/** Waiting for what was appended, for those who have nothing else to do meanwhile. */
import type { Log } from './log.ts'

/**
 * Resolves when everything below `offset` may be acknowledged by this replica. Rejects with the log's StorageError when it
 * fails first (`write-failed`, `offline`) or has failed already. One listener for each call: whoever waits for many offsets
 * listens once.
 */
export function whenAckable(log: Log, offset: number): Promise<void> {
  if (log.ackableOffset >= offset) return Promise.resolve()
  if (log.failure !== undefined) return Promise.reject(log.failure)
  return new Promise((resolve, reject) => {
    const stop = log.listen({
      onAdvance: () => {
        if (log.ackableOffset < offset) return
        stop()
        resolve()
      },
      onFailure: (_, error) => {
        stop()
        reject(error)
      },
    })
  })
}
