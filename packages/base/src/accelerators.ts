/** A native part that makes checksums several times faster, where it is installed. None is needed. */
import { useNativeCrc32c } from './crc32c.ts'

/** Found at run time, so that bundlers do not look for it. */
const packageName = '@node-rs/crc32'

interface NativeChecksums {
  readonly crc32c: (bytes: Buffer) => number
}

let loading: Promise<boolean> | undefined

/** Uses the CRC-32C of `@node-rs/crc32` if that is installed for this platform and computes the right thing. Looks once. */
export function loadNativeCrc32c(): Promise<boolean> {
  loading ??= load()
  return loading
}

async function load(): Promise<boolean> {
  try {
    const { crc32c }: NativeChecksums = await import(packageName)
    return useNativeCrc32c((bytes) => crc32c(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
  } catch {
    return false
  }
}
