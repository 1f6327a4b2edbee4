/** Records from standard input, in groups, for agents that produce. */
import { delimitedParser } from '../record-stream.ts'

export interface InputRecord {
  readonly key: Buffer
  readonly value: Buffer
}

const groupSizeMax = 512 << 10

/** What arrived, some hundreds of kilobytes at a time; waits for more only when it has nothing. */
export async function* inputGroups(): AsyncGenerator<InputRecord[]> {
  let group: InputRecord[] = []
  let size = 0
  const parse = delimitedParser((key, value) => {
    group.push({ key, value })
    size += value.length
  })
  for await (const chunk of process.stdin) {
    parse(chunk as Buffer)
    // Small pieces that arrive while nothing is in flight go out as they are; a full pipe gives pieces of 64 KiB.
    if (size < groupSizeMax && process.stdin.readableLength > 0) continue
    if (group.length > 0) yield group
    group = []
    size = 0
  }
  if (group.length > 0) yield group
}
