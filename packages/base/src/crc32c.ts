/** CRC-32C (Castagnoli), slice-by-16: more than 1 GB/s. A native implementation can be put in its place with {@link useNativeCrc32c}. */

const polynomial = 0x82f63b78

/** `tables[n]` advances a byte that has `n` more bytes of the block behind it. */
const tables = /* @__PURE__ */ (() => {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    first[byte] = crc
  }
  const all = [first]
  for (let slice = 1; slice < 16; slice++) {
    const previous = all[slice - 1] as Int32Array
    all.push(previous.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return all
})()

const table = (index: number) => tables[index] as Int32Array
const [t0, t1, t2, t3] = [table(0), table(1), table(2), table(3)]
const [t4, t5, t6, t7] = [table(4), table(5), table(6), table(7)]
const [t8, t9, t10, t11] = [table(8), table(9), table(10), table(11)]
const [t12, t13, t14, t15] = [table(12), table(13), table(14), table(15)]

/** The four bytes of `word`, each through the table for its place in the block. */
function mix(word: number, a: Int32Array, b: Int32Array, c: Int32Array, d: Int32Array): number {
  return (
    (a[word & 0xff] as number) ^
    (b[(word >>> 8) & 0xff] as number) ^
    (c[(word >>> 16) & 0xff] as number) ^
    (d[word >>> 24] as number)
  )
}

/** The plain version: continues `crc` over `bytes[start, end)`, sixteen bytes at a time. */
export function crc32cPortable(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let value = ~crc
  let position = start
  for (const blockEnd = end - 15; position < blockEnd; position += 16) {
    value =
      mix(value ^ view.getInt32(position, true), t15, t14, t13, t12) ^
      mix(view.getInt32(position + 4, true), t11, t10, t9, t8) ^
      mix(view.getInt32(position + 8, true), t7, t6, t5, t4) ^
      mix(view.getInt32(position + 12, true), t3, t2, t1, t0)
  }
  for (; position < end; position++) {
    value = (value >>> 8) ^ (t0[(value ^ (bytes[position] as number)) & 0xff] as number)
  }
  return ~value >>> 0
}

/** A native CRC-32C over a whole view. */
export type NativeCrc32c = (bytes: Uint8Array) => number

let native: NativeCrc32c | undefined

/** Uses `implementation` for inputs large enough to be worth the call (512 bytes), after checking it against the plain version. */
export function useNativeCrc32c(implementation: NativeCrc32c): boolean {
  const probe = Uint8Array.from({ length: 1021 }, (_, index) => (index * 31) & 0xff)
  if (implementation(probe) >>> 0 !== crc32cPortable(probe)) return false
  native = implementation
  return true
}

/** CRC-32C of `bytes[start, end)`, as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (native !== undefined && end - start >= 512) return native(bytes.subarray(start, end)) >>> 0
  return crc32cPortable(bytes, start, end)
}
