/** gzip (RFC 1952), by `node:zlib`. */
import { type Codec, checkedLevel } from './codec.ts'
import { zlib } from './zlib.ts'
import { checkedOutput, chunkSizeFor, decompressionError, outputLimits } from './zlib-options.ts'

function compressOptions(bytes: Buffer, level: number | undefined) {
  return { level: checkedLevel(gzip, level), chunkSize: chunkSizeFor(bytes.length) }
}

export const gzip: Codec = {
  id: 1,
  name: 'gzip',
  levels: { min: 1, max: 9, default: -1 },
  besideSizeMin: { compress: () => 16 * 1024, decompress: 64 * 1024 },

  compress(bytes, level) {
    return zlib().gzipSync(bytes, compressOptions(bytes, level))
  },

  decompress(bytes, sizeMax) {
    try {
      return checkedOutput('gzip', zlib().gunzipSync(bytes, outputLimits(bytes.length, sizeMax)), sizeMax)
    } catch (error) {
      throw decompressionError('gzip', sizeMax, error)
    }
  },

  compressAsync(bytes, level) {
    return new Promise((resolve, reject) => {
      zlib().gzip(bytes, compressOptions(bytes, level), (error, result) => (error ? reject(error) : resolve(result)))
    })
  },

  async decompressAsync(bytes, sizeMax) {
    try {
      const output = await new Promise<Buffer>((resolve, reject) => {
        zlib().gunzip(bytes, outputLimits(bytes.length, sizeMax), (error, result) =>
          error ? reject(error) : resolve(result),
        )
      })
      return checkedOutput('gzip', output, sizeMax)
    } catch (error) {
      throw decompressionError('gzip', sizeMax, error)
    }
  },
}
