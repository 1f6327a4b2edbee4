/**
 * Snappy. Written in the framing of the Java client (xerial), read in it or as a raw block, which librdkafka and franz-go write.
 *
 * xerial: 16 bytes `82 "SNAPPY" 00`, int32 version 1, int32 compatible version 1; then blocks, each an int32 size (big-endian)
 * and a raw block of at most 32 KiB of content. No raw block can begin like the header: its first element would be a match
 * with nothing before it.
 */
import { besideFor } from './beside.ts'
import { type Codec, checkedLevel, corrupt, tooLarge } from './codec.ts'
import {
  compressSnappyBlock,
  decompressSnappyBlock,
  snappyCompressedSizeMax,
  snappyContentSize,
} from './snappy-block.ts'

const header = /* @__PURE__ */ Buffer.from('82534e41505059000000000100000001', 'hex')
const magicSize = 8
const contentSizeMax = 32 * 1024

function compress(bytes: Buffer): Buffer {
  const blocks = Math.ceil(bytes.length / contentSizeMax)
  const output = Buffer.allocUnsafe(header.length + blocks * 36 + snappyCompressedSizeMax(bytes.length))
  let to = header.copy(output)
  for (let start = 0; start < bytes.length; start += contentSizeMax) {
    const end = Math.min(start + contentSizeMax, bytes.length)
    const blockEnd = compressSnappyBlock(bytes, start, end, output, to + 4)
    output.writeInt32BE(blockEnd - to - 4, to)
    to = blockEnd
  }
  return output.subarray(0, to)
}

function isXerial(bytes: Buffer): boolean {
  return bytes.length >= header.length && bytes.compare(header, 0, magicSize, 0, magicSize) === 0
}

function decompressRaw(bytes: Buffer, sizeMax: number): Buffer {
  const size = snappyContentSize(bytes, 0, bytes.length)
  if (size > sizeMax) throw tooLarge('snappy', sizeMax)
  const output = Buffer.allocUnsafe(size)
  decompressSnappyBlock(bytes, 0, bytes.length, output, 0, size)
  return output
}

/** Where the block that starts with its size at `position` ends. */
function xerialBlockEnd(bytes: Buffer, position: number): number {
  const left = bytes.length - position - 4
  const size = left < 0 ? -1 : bytes.readInt32BE(position)
  if (size < 0 || size > left) throw corrupt('snappy', `the block at byte ${position} is cut or has a damaged size`)
  return position + 4 + size
}

function decompressXerial(bytes: Buffer, sizeMax: number): Buffer {
  let total = 0
  for (let position = header.length, end = 0; position < bytes.length; position = end) {
    end = xerialBlockEnd(bytes, position)
    total += snappyContentSize(bytes, position + 4, end)
    if (total > sizeMax) throw tooLarge('snappy', sizeMax)
  }
  const output = Buffer.allocUnsafe(total)
  for (let position = header.length, end = 0, to = 0; position < bytes.length; position = end) {
    end = xerialBlockEnd(bytes, position)
    const size = snappyContentSize(bytes, position + 4, end)
    decompressSnappyBlock(bytes, position + 4, end, output, to, size)
    to += size
  }
  return output
}

const decompress = (bytes: Buffer, sizeMax: number) =>
  isXerial(bytes) ? decompressXerial(bytes, sizeMax) : decompressRaw(bytes, sizeMax)

const beside = /* @__PURE__ */ besideFor('snappy', compress, decompress)

/** What worker threads do for this codec. */
export const snappyJobs = beside.jobs

export const snappy: Codec = {
  id: 2,
  name: 'snappy',
  levels: { min: 0, max: 0, default: 0 },
  besideSizeMin: { compress: () => 64 * 1024, decompress: 64 * 1024 },
  compress(bytes, level) {
    checkedLevel(snappy, level)
    return compress(bytes)
  },
  decompress,
  compressAsync: async (bytes, level, workers) => beside.compress(bytes, checkedLevel(snappy, level), workers),
  decompressAsync: (bytes, sizeMax, workers) => beside.decompress(bytes, sizeMax, workers),
}
