/** `.kafka_cleanshutdown`: written last on a clean stop, removed at the start; its absence means a crash (reference 3.6). */

export const cleanShutdownFileName = '.kafka_cleanshutdown'
export const cleanShutdownBytesMax = 4096

export function encodeCleanShutdown(brokerEpoch: number): Buffer {
  return Buffer.from(JSON.stringify({ version: 0, brokerEpoch }))
}

/** The broker epoch of the process that stopped; -1 when the file does not say (its presence alone means a clean stop). */
export function decodeCleanShutdown(bytes: Buffer): number {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    const epoch = (value as { brokerEpoch?: unknown } | null)?.brokerEpoch
    return Number.isSafeInteger(epoch) ? (epoch as number) : -1
  } catch {
    return -1
  }
}
