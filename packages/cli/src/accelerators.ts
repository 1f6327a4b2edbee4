/** Native parts that make a broker faster where a prebuilt one exists. None is needed. */
import { useNativeCrc32c } from '@millrace/base'

/** Uses a native CRC-32C if it is installed for this platform and computes the right thing. */
export async function loadNativeCrc32c(): Promise<boolean> {
  try {
    const { crc32c } = await import('@node-rs/crc32')
    return useNativeCrc32c((bytes) => crc32c(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
  } catch {
    return false
  }
}
