/** Big-endian integers in a buffer, without bounds checks: the caller knows that the bytes are there. */

export function readInt16(bytes: Uint8Array, position: number): number {
  return (((bytes[position] as number) << 24) >> 16) | (bytes[position + 1] as number)
}

export function readInt32(bytes: Uint8Array, position: number): number {
  return (
    ((bytes[position] as number) << 24) |
    ((bytes[position + 1] as number) << 16) |
    ((bytes[position + 2] as number) << 8) |
    (bytes[position + 3] as number)
  )
}

/** The nearest number: exact within 2^53. */
export function readInt64(bytes: Uint8Array, position: number): number {
  return readInt32(bytes, position) * 0x1_0000_0000 + (readInt32(bytes, position + 4) >>> 0)
}

export function writeInt16(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value >> 8
  bytes[position + 1] = value
}

export function writeInt32(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value >> 24
  bytes[position + 1] = value >> 16
  bytes[position + 2] = value >> 8
  bytes[position + 3] = value
}

/** For integers within 2^53. */
export function writeInt64(bytes: Uint8Array, position: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  writeInt32(bytes, position, high)
  writeInt32(bytes, position + 4, value - high * 0x1_0000_0000)
}
