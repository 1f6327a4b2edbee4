/** CRC-32C (Castagnoli), slice-by-8: about 2 GB/s. A native implementation can be put in its place with {@link useNativeCrc32c}. */

const polynomial = 0x82f63b78

const tables = /* @__PURE__ */ (() => {
  const all = Array.from({ length: 8 }, () => new Int32Array(256))
  const first = all[0] as Int32Array
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    first[byte] = crc
  }
  for (let slice = 1; slice < 8; slice++) {
    const previous = all[slice - 1] as Int32Array
    const current = all[slice] as Int32Array
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte] as number
      current[byte] = (crc >>> 8) ^ (first[crc & 0xff] as number)
    }
  }
  return all as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array]
})()

/** The plain version: continues `crc` over `bytes[start, end)`. */
export function crc32cPortable(bytes: Uint8Array, start = 0, end = bytes.length, crc = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  let value = ~crc
  let position = start
  for (const wideEnd = end - 7; position < wideEnd; position += 8) {
    value ^=
      (bytes[position] as number) |
      ((bytes[position + 1] as number) << 8) |
      ((bytes[position + 2] as number) << 16) |
      ((bytes[position + 3] as number) << 24)
    value =
      (t7[value & 0xff] as number) ^
      (t6[(value >>> 8) & 0xff] as number) ^
      (t5[(value >>> 16) & 0xff] as number) ^
      (t4[value >>> 24] as number) ^
      (t3[bytes[position + 4] as number] as number) ^
      (t2[bytes[position + 5] as number] as number) ^
      (t1[bytes[position + 6] as number] as number) ^
      (t0[bytes[position + 7] as number] as number)
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
