import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type DumpEntry, dump, dumpLine, verify } from '../src/inspect.ts'
import { makeBatch } from './batches.ts'
import { diskWith, kafkaFiles } from './kafka-case.ts'

type Files = Map<string, Buffer>

async function findingsIn(files: Files, paths = ['/data']) {
  const { findings } = await verify(diskWith(files), paths)
  return findings.filter(({ severity }) => severity !== 'note')
}

/** The files of `plain` with some changed; undefined removes one. */
function plainWith(changes: Readonly<Record<string, Buffer | string | undefined>>): Files {
  const files = kafkaFiles('plain')
  for (const [path, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(path)
    else files.set(path, Buffer.from(content))
  }
  return files
}

function batchAt(baseOffset: number, options: Parameters<typeof makeBatch>[0] = {}): Buffer {
  return makeBatch({ baseOffset, leaderEpoch: 0, ...options })
}

describe('verifying', () => {
  it.each([
    [
      'a newer meta.properties',
      { 'meta.properties': 'version=2\nnode.id=1\ncluster.id=x\n' },
      'error',
      'meta.properties',
      /version 2 is not supported/,
    ],
    ['no meta.properties', { 'meta.properties': undefined }, 'error', 'meta.properties', /missing/],
    [
      'a newer checkpoint',
      { 'recovery-point-offset-checkpoint': '1\n0\n' },
      'error',
      'recovery-point-offset-checkpoint',
      /version "1" is not 0/,
    ],
    [
      'a newer partition.metadata',
      { 'plain-0/partition.metadata': 'version: 1\ntopic_id: x' },
      'error',
      'plain-0/partition.metadata',
      /no topic id in a version that Millrace knows/,
    ],
    [
      'no partition.metadata',
      { 'plain-0/partition.metadata': undefined },
      'warning',
      'plain-0/partition.metadata',
      /missing/,
    ],
    [
      'a newer quorum-state',
      { '__cluster_metadata-0/quorum-state': '{"data_version":2}' },
      'error',
      '__cluster_metadata-0/quorum-state',
      /data_version 2 is not 0 or 1/,
    ],
    [
      'an empty quorum-state',
      { '__cluster_metadata-0/quorum-state': '' },
      'error',
      '__cluster_metadata-0/quorum-state',
      /empty/,
    ],
    [
      'a newer producer snapshot',
      { 'plain-0/00000000000000000200.snapshot': Buffer.from([0, 2, 0, 0, 0, 0, 0, 0, 0, 0]) },
      'error',
      'plain-0/00000000000000000200.snapshot',
      /version 2/,
    ],
    [
      'another topic’s directory',
      { 'plain-0/partition.metadata': 'version: 0\ntopic_id: Q9XLD5-cjoZCrDIHj6PgeQ' },
      'error',
      'plain-1',
      /topic id is .* but that of \/data\/plain-0 is Q9XL/,
    ],
    [
      'an orphan',
      {
        'nobody-0/00000000000000000000.log': '',
        'nobody-0/partition.metadata': 'version: 0\ntopic_id: SJa3GXldTX2z310xe9ZQgg',
      },
      'warning',
      'nobody-0',
      /the cluster's metadata has no topic nobody/,
    ],
    [
      'a stray',
      { 'plain-0.0123456789abcdef0123456789abcdef-stray/00000000000000000000.log': '' },
      'warning',
      'plain-0.0123456789abcdef0123456789abcdef-stray',
      /did not know/,
    ],
    ['a foreign directory', { 'lost+found/x': '' }, 'warning', 'lost+found', /name is no partition/],
    [
      'an index without its segment',
      { 'plain-0/00000000000000000300.index': '' },
      'warning',
      'plain-0/00000000000000000300.index',
      /no segment of this name/,
    ],
    [
      'a log start beyond the end',
      { 'log-start-offset-checkpoint': '0\n1\nplain 0 500\n' },
      'error',
      'plain-0',
      /offset 500, beyond the log's end at 200/,
    ],
    [
      'a promise that is not kept',
      { 'replication-offset-checkpoint': '0\n1\nplain 0 201\n' },
      'error',
      'plain-0',
      /ends at offset 200, but replication-offset-checkpoint/,
    ],
    [
      'leader epochs of another log',
      { 'plain-0/leader-epoch-checkpoint': '0\n2\n0 0\n3 100\n' },
      'error',
      'plain-0/leader-epoch-checkpoint',
      /written in leader epoch 0, the file says 3/,
    ],
  ] as const)('reports %s', async (_, changes, severity, path, what) => {
    const findings = await findingsIn(plainWith(changes))
    expect(findings).toContainEqual(
      expect.objectContaining({ severity, path: `/data/${path}`, what: expect.stringMatching(what) }),
    )
    expect(findings.every(({ what: text, advice }) => text !== '' && (advice !== '' || severity === 'error'))).toBe(
      true,
    )
  })

  it('reports a segment whose name does not match its first offset, and offers no repair', async () => {
    const files = plainWith({})
    files.set('plain-0/00000000000000000190.log', files.get('plain-0/00000000000000000180.log') as Buffer)
    files.delete('plain-0/00000000000000000180.log')
    const finding = (await findingsIn(files)).find(
      ({ path, severity }) => path.endsWith('190.log') && severity === 'error',
    )
    expect(finding).toMatchObject({
      severity: 'error',
      position: 0,
      what: expect.stringContaining('name promises offsets from 190 on'),
    })
    expect(finding?.remedy).toBeUndefined()
  })

  it('reports record formats from before Kafka 0.11, and offers no repair', async () => {
    const message = Buffer.alloc(40)
    message.writeInt32BE(28, 8)
    message[16] = 1
    const files: Files = new Map([['old-0/00000000000000000000.log', message]])
    const findings = await findingsIn(files, ['/data/old-0'])
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        what: expect.stringMatching(/record format 1, from before Kafka 0.11/),
      }),
    )
    expect(findings.every(({ remedy }) => remedy?.kind !== 'cut')).toBe(true)
  })

  it('reports entries beyond the log, and entries that point beside their batch', async () => {
    const batches = [batchAt(0, { count: 2 }), batchAt(2), batchAt(3)]
    const second = (batches[0] as Buffer).length
    const entry = (offset: number, position: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeInt32BE(offset, 0)
      bytes.writeInt32BE(position, 4)
      return bytes
    }
    const index = Buffer.concat([entry(1, second - 1), entry(3, second), entry(9, 1 << 20)])
    const files: Files = new Map([
      ['t-0/00000000000000000000.log', Buffer.concat(batches)],
      ['t-0/00000000000000000000.index', index],
      ['t-0/00000000000000000000.timeindex', Buffer.alloc(0)],
    ])
    const findings = await findingsIn(files, ['/data/t-0'])
    expect(
      findings.filter(({ path }) => path.endsWith('.index')).map(({ position, what }) => [position, what]),
    ).toEqual([
      [0, `the entry for offset 1: no batch starts at byte ${second - 1}, where it points`],
      [8, `the entry for offset 3: the batch at byte ${second}, where it points, ends at offset 2`],
      [
        16,
        `the entry for offset 9: it points at byte 1048576, beyond the segment's ${Buffer.concat(batches).length} bytes`,
      ],
    ])
  })

  it('reports what no checksum covers: a leader epoch that falls, and an offset that was changed', async () => {
    const batches = [batchAt(0, { leaderEpoch: 2 }), batchAt(1, { leaderEpoch: 1 }), batchAt(5, { leaderEpoch: 2 })]
    const findings = await findingsIn(new Map([['t-0/00000000000000000000.log', Buffer.concat(batches)]]), [
      '/data/t-0',
    ])
    const texts = findings.filter(({ path }) => path.endsWith('.log')).map(({ severity, what }) => [severity, what])
    expect(texts).toEqual([
      ['error', 'the batch at offset 1 has leader epoch 1, one before it has 2'],
      ['warning', 'offsets 2 to 4 are in no batch'],
    ])
  })

  it('reports a gap between segments', async () => {
    const files = plainWith({})
    for (const kind of ['log', 'index', 'timeindex', 'snapshot']) files.delete(`plain-0/00000000000000000060.${kind}`)
    expect(await findingsIn(files)).toContainEqual(
      expect.objectContaining({
        path: '/data/plain-0/00000000000000000120.log',
        what: expect.stringContaining('offsets 60 to 119 are in no segment'),
      }),
    )
  })

  it('compares the log directories of a broker', async () => {
    const files = plainWith({})
    const fileSystem = diskWith(files)
    const meta = 'version=1\nnode.id=2\ncluster.id=other\ndirectory.id=SJa3GXldTX2z310xe9ZQgg\n'
    fileSystem.disk.makeDirectory('/other')
    fileSystem.disk.makeDirectory('/other/plain-0')
    fileSystem.disk.write(fileSystem.disk.create('/other/meta.properties'), Buffer.from(meta), 0)
    fileSystem.disk.create('/other/plain-0/00000000000000000000.log')
    const { findings } = await verify(fileSystem, ['/data', '/other'])
    expect(findings).toContainEqual(
      expect.objectContaining({
        path: '/other',
        what: expect.stringContaining('it belongs to node 2, this is node 1'),
      }),
    )
    expect(findings).toContainEqual(
      expect.objectContaining({ path: '/other/plain-0', what: '/data/plain-0 holds the same partition' }),
    )
  })

  it('of one file reports that file alone', async () => {
    const files = kafkaFiles('bad-corrupt-index')
    expect((await findingsIn(files, ['/data/plain-0/00000000000000000060.index'])).map(({ path }) => path)).toEqual([
      '/data/plain-0/00000000000000000060.index',
    ])
    expect(await findingsIn(files, ['/data/plain-0/00000000000000000180.log'])).toEqual([])
    expect(await findingsIn(files, ['/data/meta.properties'])).toEqual([])
    expect(await findingsIn(files, ['/data/plain-0/00000000000000000200.snapshot'])).toEqual([])
  })

  it('says what it takes when it is given something else', async () => {
    const fileSystem = diskWith(new Map([['x/notes.txt', Buffer.from('x')]]))
    await expect(verify(fileSystem, ['/nowhere'])).rejects.toThrow('there is no /nowhere')
    await expect(verify(fileSystem, ['/data/x'])).rejects.toThrow(
      '/data/x holds nothing of a log: give a log directory',
    )
    await expect(verify(fileSystem, ['/data/x/notes.txt'])).rejects.toThrow('is no file of a data directory')
  })

  it('keeps the number of findings bounded', async () => {
    const batches = Array.from({ length: 200 }, (_, offset) => {
      const batch = batchAt(offset)
      if (offset % 2 === 0) batch[70] = (batch[70] as number) ^ 1
      return batch
    })
    const findings = await findingsIn(new Map([['t-0/00000000000000000000.log', Buffer.concat(batches)]]), [
      '/data/t-0',
    ])
    const ofSegment = findings.filter(({ path }) => path.endsWith('.log'))
    expect(ofSegment).toHaveLength(12)
    expect(ofSegment[0]?.remedy?.kind).toBe('cut')
    expect(ofSegment.at(-1)?.what).toBe('89 more places are damaged')
  })
})

describe('a dump', () => {
  async function linesOf(content: Buffer, records = false): Promise<string[]> {
    const fileSystem = diskWith(new Map([['t-0/00000000000000000000.log', content]]))
    const entries: DumpEntry[] = []
    for await (const entry of dump(fileSystem, '/data/t-0/00000000000000000000.log', { records })) entries.push(entry)
    return entries.map(dumpLine)
  }

  it('goes on behind damage', async () => {
    const [first, flipped, cut, last] = [0, 1, 2, 3].map((offset) => batchAt(offset)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ]
    flipped[70] = (flipped[70] as number) ^ 1
    const lines = await linesOf(Buffer.concat([first, flipped, cut.subarray(0, 30), last]))
    expect(lines).toHaveLength(5)
    expect(lines[2]).toMatch(/offset 1, .* crc \d+ INVALID {2}WRONG: CRC/)
    expect(lines[3]).toMatch(/^ {2}position \d+, 30 bytes: NO BATCH/)
    expect(lines[4]).toContain('offset 3')
  })

  it('shows text as text and other bytes as hex', async () => {
    const batch = batchAt(0, { valueSize: 3, fill: 0x00 })
    expect((await linesOf(batch, true)).at(-1)).toBe('    offset 0, timestamp 1750000000000, key "k", value 0x000000')
  })

  it('says why the records of a batch cannot be shown', async () => {
    const batch = batchAt(0)
    batch.writeInt16BE(6, 21)
    BatchHeader.seal(batch, 0)
    expect((await linesOf(batch, true)).at(-1)).toContain(
      'NOT READABLE: the batch at offset 0 has the unknown compression 6',
    )
  })

  it('takes no memory for what a header only claims', async () => {
    const batch = batchAt(0)
    batch.writeInt32BE(0x7fffffff, 8)
    expect((await linesOf(batch, true)).at(-1)).toContain('NO BATCH: a batch of 2147483659 bytes')
  })

  it('of a file with another name is refused', async () => {
    const fileSystem = diskWith(new Map([['notes.txt', Buffer.from('x')]]))
    const entries = dump(fileSystem, '/data/notes.txt')
    await expect(entries.next()).rejects.toThrow('nothing is known about a file of this name')
  })
})
