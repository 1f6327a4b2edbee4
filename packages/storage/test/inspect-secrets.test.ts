import { systemClock } from '@millrace/base'
import { encodeBatch, encodeMetadataRecord } from '@millrace/protocol'
import { expect, it } from 'vitest'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import { dump, dumpLine } from '../src/inspect.ts'

it('a dump of the metadata shows whose credentials there are, and not the credentials', async () => {
  const secret = Buffer.from('a very secret thing')
  const credential = {
    name: 'alice',
    mechanism: 1,
    salt: secret,
    storedKey: secret,
    serverKey: secret,
    iterations: 4096,
  }
  const value = encodeMetadataRecord({ type: 'UserScramCredentialRecord', version: 0, data: credential })
  const disk = new MemoryFileSystem(systemClock)
  const directory = '/data/__cluster_metadata-0'
  disk.disk.makeDirectory(directory)
  const bytes = encodeBatch([{ timestamp: 1, key: null, value }], { partitionLeaderEpoch: 1 })
  disk.disk.write(disk.disk.create(`${directory}/00000000000000000000.log`), bytes, 0)
  let text = ''
  for await (const entry of dump(disk, `${directory}/00000000000000000000.log`, { records: true })) {
    text += `${dumpLine(entry)}\n${JSON.stringify(entry)}\n`
  }
  expect(text).toContain('alice')
  expect(text).toContain('(hidden)')
  expect(text).not.toContain('secret')
  expect(text).not.toContain(secret.toString('hex'))
})
