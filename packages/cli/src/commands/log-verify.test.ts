import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDirectory, NodeFileSystem, writeFully } from '@millrace/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../run.ts'
import type { Terminal } from '../terminal.ts'
import { commands } from './index.ts'

const fileSystem = new NodeFileSystem()
let directory = ''

beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'millrace-log-')), 'data')
  const ids = { clusterId: 'demo', nodeId: 1, directoryId: 'Q9XLD5-cjoZCrDIHj6PgeQ' }
  await formatDirectory(fileSystem, directory, { version: 1, ...ids })
  await write('.kafka_cleanshutdown', '{"version":0,"brokerEpoch":1}')
})

afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

async function write(name: string, content: string): Promise<void> {
  const path = join(directory, name)
  await fileSystem.makeDirectory(join(path, '..'))
  const file = await fileSystem.open(path, 'create')
  await writeFully(file, Buffer.from(content), 0)
  await file.close()
}

async function millrace(...words: string[]) {
  const output = { out: '', error: '' }
  const terminal: Terminal = {
    async write(text) {
      output.out += text
    },
    writeError(text) {
      output.error += text
    },
    async *readLines() {},
    signal: new AbortController().signal,
    width: undefined,
    readFile: async () => '',
    resolvePath: (path) => (path === '' ? directory : join(directory, path)),
  }
  const code = await runCommand(commands, ['log', ...words], { terminal }, '0')
  return { code, ...output }
}

/** A segment with a write that did not complete, and an index that is no index. */
async function damagePartition(): Promise<void> {
  await write('t-0/partition.metadata', 'version: 0\ntopic_id: SJa3GXldTX2z310xe9ZQgg')
  await write('t-0/00000000000000000000.log', 'half a batch')
  await write('t-0/00000000000000000000.index', 'no entries')
  await write('t-0/00000000000000000000.timeindex', '')
}

describe('millrace log verify', () => {
  it('ends with 0 for a sound directory', async () => {
    expect(await millrace('verify', '')).toEqual({
      code: 0,
      out: 'Checked 0 partitions, 0 segments, 0 batches, 0 bytes: 0 errors, 0 warnings, 0 notes\n',
      error: '',
    })
  })

  it('says where, what and what to do, and ends with 1', async () => {
    await damagePartition()
    const { code, out } = await millrace('verify', '')
    expect(code).toBe(1)
    expect(out).toContain(
      `error: ${directory}/t-0/00000000000000000000.log (byte 0, offset 0)\n    the file ends without a whole batch: a header is cut. Nothing says that it was ever durable: it can be a write that did not complete.\n    -> millrace log repair cuts it off, and so does the next start of Millrace.\n`,
    )
    expect(out).toContain('Checked 1 partition, 1 segment, 0 batches, 12 bytes: 3 errors, 0 warnings, 0 notes\n')
  })

  it('gives scripts one JSON object', async () => {
    await damagePartition()
    const report = JSON.parse((await millrace('verify', '--json', '')).out)
    expect(report).toMatchObject({ isSound: false, partitionCount: 1 })
    expect(report.findings[0]).toMatchObject({ severity: 'error', position: 0, repair: 'cut' })
  })

  it('ends with 2 without a path, and with 1 and a sentence for one that is not there', async () => {
    expect((await millrace('verify')).code).toBe(2)
    expect(await millrace('verify', 'nowhere')).toEqual({
      code: 1,
      out: '',
      error: `there is no ${directory}/nowhere\n`,
    })
  })

  it('is refused while a broker has the directory open', async () => {
    const lock = await fileSystem.lock(join(directory, '.lock'))
    const { code, error } = await millrace('verify', '')
    await lock.release()
    expect([code, error]).toEqual([1, expect.stringContaining('is in use by a running broker: stop it first')])
  })
})

describe('millrace log repair', () => {
  it('says what it would do, does it, and leaves nothing to do', async () => {
    await damagePartition()
    const dry = await millrace('repair', '--dry-run', '')
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('3 files would be repaired\n')])
    const done = await millrace('repair', '')
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('3 files repaired\n')])
    expect(done.out).toContain('(original: 00000000000000000000.log.before-repair-1)')
    expect((await millrace('verify', '')).code).toBe(0)
    expect(await millrace('repair', '')).toEqual({ code: 0, out: 'Nothing to repair\n', error: '' })
  })

  it('ends with 1 when something is left', async () => {
    await write('meta.properties', 'version=9\n')
    await fileSystem.remove(join(directory, 'meta.properties'))
    const { code, out } = await millrace('repair', '')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^Not repaired:\nerror: [\s\S]*Nothing was changed, 1 error left\n$/),
    ])
  })
})

describe('millrace log dump', () => {
  it('shows every file, also in JSON lines', async () => {
    await damagePartition()
    const { code, out } = await millrace('dump', '')
    expect(code).toBe(0)
    expect(out).toContain(
      '/t-0/00000000000000000000.log  (segment, 12 bytes)\n  position 0, 12 bytes: NO BATCH: a header is cut\n',
    )
    expect(out).toContain('  log directory: version 1, clusterId demo, nodeId 1, directoryId Q9XLD5-cjoZCrDIHj6PgeQ\n')
    const lines = (await millrace('dump', '--json', 'meta.properties')).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['file', 'fields'])
  })
})
