/** Signed 64-bit integers as numbers: exact within 2^53, clamped and rounded beyond (only timestamps get there). */

const word = 0x1_0000_0000
const int64Max = 2 ** 63

export function readInt64(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * word + bytes.readUInt32BE(position + 4)
}

export function writeInt64(bytes: Buffer, value: number, position: number): void {
  if (Number.isSafeInteger(value)) {
    bytes.writeInt32BE(Math.floor(value / word), position)
    bytes.writeUInt32BE(value >= 0 ? value % word : ((value % word) + word) % word, position + 4)
    return
  }
  const wide = value >= int64Max ? 0x7fff_ffff_ffff_ffffn : value <= -int64Max ? -0x8000_0000_0000_0000n : BigInt(value)
  bytes.writeBigInt64BE(wide, position)
}
