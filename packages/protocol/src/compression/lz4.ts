/**
 * LZ4 frames: magic, descriptor (flags, block size, optional content size, header checksum), blocks, an end mark, optional
 * content checksum. Written as the Java client does: version 1, independent blocks of 64 KB, no checksums but the header's.
 * Read: all of that, dependent blocks as well; dictionaries are refused. What follows the end mark is ignored, as in Java.
 */
import { xxh32 } from '../hash/xxh32.ts'
import { besideFor } from './beside.ts'
import { type Codec, CompressionError, checkedLevel, corrupt, tooLarge } from './codec.ts'
import { compressLz4Block, decompressLz4Block, lz4BlockSizeMax, lz4CompressedSizeMax } from './lz4-block.ts'
import { compressLz4BlockHigh } from './lz4-high.ts'

const magic = 0x184d2204
/** Magic, flags, block size, header checksum. */
const header = /* @__PURE__ */ Buffer.from('04224d18604082', 'hex')
/** In a block's size: the content is stored as it is. */
const storedBit = 0x8000_0000
/** The most content that a byte of a compressed block stands for. */
const expansionMax = 255
/** How far back a match reaches. */
const windowSize = 1 << 16
/** Java's name for its fast encoder; every other level looks for longer matches, with twice the effort for each. */
const fastLevel = 9

function compress(bytes: Buffer, level: number): Buffer {
  const blocks = Math.ceil(bytes.length / lz4BlockSizeMax)
  const output = Buffer.allocUnsafe(header.length + 4 + blocks * 20 + lz4CompressedSizeMax(bytes.length))
  let to = header.copy(output)
  for (let start = 0; start < bytes.length; start += lz4BlockSizeMax) {
    const end = Math.min(start + lz4BlockSizeMax, bytes.length)
    let blockEnd =
      level === fastLevel
        ? compressLz4Block(bytes, start, end, output, to + 4)
        : compressLz4BlockHigh(bytes, start, end, output, to + 4, 2 ** (level - 1))
    const size = blockEnd - to - 4
    if (size < end - start) output.writeUInt32LE(size, to)
    else {
      blockEnd = to + 4 + bytes.copy(output, to + 4, start, end)
      output.writeUInt32LE(end - start + storedBit, to)
    }
    to = blockEnd
  }
  output.writeUInt32LE(0, to)
  return output.subarray(0, to + 4)
}

/** What a frame's descriptor says. */
interface Descriptor {
  readonly independent: boolean
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
  readonly contentSize: number | undefined
  readonly blockSizeMax: number
  /** Where the first block starts. */
  readonly end: number
}

function readDescriptor(bytes: Buffer): Descriptor {
  if (bytes.length < header.length) throw corrupt('lz4', 'the frame is cut in its header')
  if (bytes.readUInt32LE(0) !== magic) throw corrupt('lz4', 'there is no frame')
  const flags = bytes[4] as number
  const blockSize = bytes[5] as number
  if (flags >>> 6 !== 1)
    throw new CompressionError('unsupported', 'lz4', `frames of version ${flags >>> 6} are unknown`)
  if (flags & 0x03)
    throw new CompressionError('unsupported', 'lz4', 'the frame needs a dictionary or has an unknown flag')
  if (blockSize & 0x8f || blockSize < 0x40) throw corrupt('lz4', 'the frame has an unknown block size')
  const hasContentSize = (flags & 0x08) !== 0
  const checksumAt = hasContentSize ? 14 : 6
  if (checksumAt >= bytes.length) throw corrupt('lz4', 'the frame is cut in its header')
  if (bytes[checksumAt] !== ((xxh32(bytes, 4, checksumAt) >>> 8) & 0xff)) {
    throw corrupt('lz4', "the checksum of the frame's header does not match")
  }
  return {
    independent: (flags & 0x20) !== 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentChecksum: (flags & 0x04) !== 0,
    contentSize: hasContentSize ? bytes.readUInt32LE(6) + bytes.readUInt32LE(10) * 0x1_0000_0000 : undefined,
    blockSizeMax: 1 << (8 + 2 * (blockSize >>> 4)),
    end: checksumAt + 1,
  }
}

/** The content as it grows, never beyond `sizeMax`. */
class Output {
  buffer: Buffer
  size = 0
  readonly #sizeMax: number

  constructor(sizeMax: number, expected: number) {
    this.#sizeMax = sizeMax
    this.buffer = Buffer.allocUnsafe(Math.min(sizeMax, expected))
  }

  /** Makes room for `more` bytes, or for as many as are allowed. */
  reserve(more: number): void {
    const needed = Math.min(this.size + more, this.#sizeMax)
    if (needed <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.buffer.length * 2), this.#sizeMax))
    this.buffer.copy(larger, 0, 0, this.size)
    this.buffer = larger
  }

  get content(): Buffer {
    return this.buffer.subarray(0, this.size)
  }
}

/** Reads the block at `position`, whose size is `size`, into `output`. */
function readBlock(
  bytes: Buffer,
  position: number,
  size: number,
  stored: boolean,
  descriptor: Descriptor,
  output: Output,
  sizeMax: number,
): void {
  const { blockSizeMax, independent } = descriptor
  output.reserve(stored ? size : Math.min(blockSizeMax, size * expansionMax))
  const blockStart = output.size
  const room = Math.min(blockSizeMax, sizeMax - blockStart)
  if (stored) {
    if (size > room) throw tooLarge('lz4', sizeMax)
    output.size += bytes.copy(output.buffer, blockStart, position, position + size)
    return
  }
  const history = independent ? blockStart : Math.max(0, blockStart - windowSize)
  const outputEnd = Math.min(blockStart + room, output.buffer.length)
  const end = decompressLz4Block(bytes, position, position + size, output.buffer, blockStart, outputEnd, history)
  if (end >= 0) output.size = end
  else if (room < blockSizeMax) throw tooLarge('lz4', sizeMax)
  else throw corrupt('lz4', `the block at byte ${position} is larger than the frame allows`)
}

/** Reads all blocks. Returns where the end mark ends. */
function readBlocks(bytes: Buffer, descriptor: Descriptor, output: Output, sizeMax: number): number {
  const { blockChecksums, blockSizeMax } = descriptor
  let position = descriptor.end
  for (;;) {
    if (bytes.length - position < 4) throw corrupt('lz4', `the frame is cut at byte ${position}, before its end mark`)
    const word = bytes.readUInt32LE(position)
    position += 4
    if (word === 0) return position
    const size = word % storedBit
    if (size > blockSizeMax) throw corrupt('lz4', `the block at byte ${position} is larger than the frame allows`)
    const end = position + size
    if (end + (blockChecksums ? 4 : 0) > bytes.length) throw corrupt('lz4', `the block at byte ${position} is cut`)
    if (blockChecksums && bytes.readUInt32LE(end) !== xxh32(bytes, position, end)) {
      throw corrupt('lz4', `the checksum of the block at byte ${position} does not match`)
    }
    readBlock(bytes, position, size, word >= storedBit, descriptor, output, sizeMax)
    position = end + (blockChecksums ? 4 : 0)
  }
}

function decompress(bytes: Buffer, sizeMax: number): Buffer {
  const descriptor = readDescriptor(bytes)
  const { contentChecksum, contentSize } = descriptor
  if (contentSize !== undefined && contentSize > sizeMax) throw tooLarge('lz4', sizeMax)
  // A frame may claim any size: what it can hold is the limit.
  const expected = Math.min(contentSize ?? bytes.length * 4, bytes.length * expansionMax)
  const output = new Output(sizeMax, expected)
  const end = readBlocks(bytes, descriptor, output, sizeMax)
  const { content } = output
  if (contentSize !== undefined && contentSize !== content.length) {
    throw corrupt('lz4', `the frame announces ${contentSize} bytes and holds ${content.length}`)
  }
  if (!contentChecksum) return content
  if (bytes.length - end < 4) throw corrupt('lz4', 'the frame is cut before the checksum of its content')
  if (bytes.readUInt32LE(end) !== xxh32(content)) throw corrupt('lz4', 'the checksum of the content does not match')
  return content
}

const beside = /* @__PURE__ */ besideFor('lz4', compress, decompress)

/** What worker threads do for this codec. */
export const lz4Jobs = beside.jobs

/** The fast encoder takes about 4 ms for a MiB, the others up to 180. */
const compressSizeMin = (level = fastLevel) => (level === fastLevel ? 64 : 8) * 1024

export const lz4: Codec = {
  id: 3,
  name: 'lz4',
  levels: { min: 1, max: 17, default: fastLevel },
  besideSizeMin: { compress: compressSizeMin, decompress: 64 * 1024 },
  compress: (bytes, level) => compress(bytes, checkedLevel(lz4, level)),
  decompress,
  compressAsync: async (bytes, level, workers) => beside.compress(bytes, checkedLevel(lz4, level), workers),
  decompressAsync: (bytes, sizeMax, workers) => beside.decompress(bytes, sizeMax, workers),
}
