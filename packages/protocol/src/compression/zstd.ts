/** Zstandard, by `node:zlib`. Of several frames in a row only the first is read. */
import { type Codec, checkedLevel } from './codec.ts'
import { zlib } from './zlib.ts'
import { checkedOutput, chunkSizeFor, decompressionError, outputLimits } from './zlib-options.ts'

function compressOptions(bytes: Buffer, level: number | undefined) {
  const checked = checkedLevel(zstd, level)
  // node:zlib takes -1 for "not set", which would be level 3; level 1 is the neighbour.
  const params = { [zlib().constants.ZSTD_c_compressionLevel]: checked === -1 ? 1 : checked }
  return { params, chunkSize: chunkSizeFor(bytes.length) }
}

export const zstd: Codec = {
  id: 4,
  name: 'zstd',
  levels: { min: -131072, max: 22, default: 3 },
  besideSizeMin: { compress: () => 64 * 1024, decompress: 64 * 1024 },

  compress(bytes, level) {
    return zlib().zstdCompressSync(bytes, compressOptions(bytes, level))
  },

  decompress(bytes, sizeMax) {
    try {
      return checkedOutput('zstd', zlib().zstdDecompressSync(bytes, outputLimits(bytes.length, sizeMax)), sizeMax)
    } catch (error) {
      throw decompressionError('zstd', sizeMax, error)
    }
  },

  compressAsync(bytes, level) {
    return new Promise((resolve, reject) => {
      zlib().zstdCompress(bytes, compressOptions(bytes, level), (error, result) =>
        error ? reject(error) : resolve(result),
      )
    })
  },

  async decompressAsync(bytes, sizeMax) {
    try {
      const output = await new Promise<Buffer>((resolve, reject) => {
        zlib().zstdDecompress(bytes, outputLimits(bytes.length, sizeMax), (error, result) =>
          error ? reject(error) : resolve(result),
        )
      })
      return checkedOutput('zstd', output, sizeMax)
    } catch (error) {
      throw decompressionError('zstd', sizeMax, error)
    }
  },
}
