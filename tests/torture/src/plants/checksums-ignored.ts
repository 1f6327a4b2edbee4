/** Every checksum is right, whatever the batch holds: as if nobody looked at them. */
import { BatchHeader, batchHeaderSize } from '@millrace/protocol'
import { type File, readFully } from '@millrace/storage'
import { wrapFileSystem } from '@millrace/storage/testing'
import { isRecords } from './log-paths.ts'
import type { Plant } from './plant.ts'

async function sealed(file: File): Promise<Buffer> {
  const bytes = Buffer.alloc(await file.size())
  await readFully(file, bytes, 0)
  for (let at = 0; at + batchHeaderSize <= bytes.length; ) {
    const size = BatchHeader.size(bytes, at)
    if (size < batchHeaderSize || at + size > bytes.length) break
    BatchHeader.seal(bytes, at)
    at += size
  }
  return bytes
}

export const checksumsIgnored: Plant = {
  name: 'checksums-ignored',
  fault: 'no checksum is looked at',
  program: 'flip',
  says: /something else is served|served as sound/,
  caseCountMax: 400,
  fileSystem: (inner) =>
    wrapFileSystem(inner, {
      file: (file) =>
        isRecords(file.path)
          ? {
              read: async (target, position) =>
                (await sealed(file)).copy(target, 0, position, position + target.length),
            }
          : {},
    }),
}
