/** The codec that does nothing. */
import { type Codec, checkedLevel, tooLarge } from './codec.ts'

export const none: Codec = {
  id: 0,
  name: 'none',
  levels: { min: 0, max: 0, default: 0 },
  besideSizeMin: { compress: () => Number.POSITIVE_INFINITY, decompress: Number.POSITIVE_INFINITY },
  compress(bytes, level) {
    checkedLevel(none, level)
    return bytes
  },
  decompress(bytes, sizeMax) {
    if (bytes.length > sizeMax) throw tooLarge('none', sizeMax)
    return bytes
  },
  compressAsync: async (bytes, level) => none.compress(bytes, level),
  decompressAsync: async (bytes, sizeMax) => none.decompress(bytes, sizeMax),
}
