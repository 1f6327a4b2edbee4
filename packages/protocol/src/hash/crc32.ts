/** CRC-32 as zlib has it: the checksum of messages before record batches, and of librdkafka's consistent partitioner. */

const table = /* @__PURE__ */ (() => {
  const entries = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    entries[byte] = crc
  }
  return entries
})()

/** CRC-32 of `bytes[start, end)`, as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = -1
  for (let position = start; position < end; position++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[position] as number)) & 0xff] as number)
  }
  return ~crc >>> 0
}
