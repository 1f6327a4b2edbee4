/** The list of codecs. To add one, add a line. */
import type { Codec, CompressionName } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4 } from './lz4.ts'
import { none } from './none.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** Every codec, by ascending id. */
export const codecs: readonly Codec[] = [none, gzip, snappy, lz4, zstd]

/** The codec with the number from a batch's attributes; undefined for 5, 6 and 7. */
export function codecById(id: number): Codec | undefined {
  return codecs[id]
}

/** The codec with Kafka's name for it. Undefined for any other text, `producer` and `uncompressed` among them. */
export function codecByName(name: CompressionName): Codec
export function codecByName(name: string): Codec | undefined
export function codecByName(name: string): Codec | undefined {
  return codecs.find((codec) => codec.name === name)
}
