/** Standard output of agents that consume: frames, in few writes. */
import { encodeFrame } from '../record-stream.ts'

export function writeFrames(
  records: Iterable<{ partition: number; offset: number; key: Buffer | null; value: Buffer | null }>,
): void {
  const frames: Buffer[] = []
  for (const { partition, offset, key, value } of records) {
    if (key === null || value === null)
      throw new Error(`Offset ${offset} of partition ${partition} has no key or value`)
    frames.push(encodeFrame(partition, offset, key, value))
  }
  if (frames.length > 0) process.stdout.write(Buffer.concat(frames))
}

/** Settles when this process is asked to end. */
export function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => process.once('SIGTERM', resolve))
}
