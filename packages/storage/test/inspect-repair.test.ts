import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig } from '../src/config.ts'
import type { MemoryFileSystem } from '../src/fs/memory.ts'
import { type RepairOptions, repair, verify } from '../src/inspect.ts'
import { LogManager } from '../src/manager.ts'
import { batchOffsets } from './batches.ts'
import { diskWith, kafkaFiles } from './kafka-case.ts'

/** Everything on the disk below `/data`. */
async function contents(fileSystem: MemoryFileSystem, directory = '/data'): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const { name, kind } of await fileSystem.list(directory)) {
    const path = `${directory}/${name}`
    if (kind === 'file') found.set(path.slice('/data/'.length), await fileSystem.readFile(path, 1 << 28))
    else for (const [inside, bytes] of await contents(fileSystem, path)) found.set(inside, bytes)
  }
  return found
}

/** Every original is on the disk: under its name, or kept beside it. */
function expectOriginals(before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): void {
  for (const [path, bytes] of before) {
    const isThere = after.get(path)?.equals(bytes) === true
    const isKept = after.get(`${path}.before-repair-1`)?.equals(bytes) === true
    expect(isThere || isKept, path).toBe(true)
  }
}

async function errorsIn(fileSystem: MemoryFileSystem): Promise<string[]> {
  const { findings } = await verify(fileSystem, ['/data'])
  return findings.filter(({ severity }) => severity !== 'note').map(({ path, what }) => `${path}: ${what}`)
}

async function repaired(files: ReadonlyMap<string, Buffer>, options?: RepairOptions) {
  const fileSystem = diskWith(files)
  const report = await repair(fileSystem, ['/data'], options)
  const after = await contents(fileSystem)
  expectOriginals(files, after)
  return { fileSystem, after, ...report }
}

async function openedOffsets(fileSystem: MemoryFileSystem): Promise<Record<string, number>> {
  const manager = await LogManager.open({
    fileSystem,
    directories: ['/data'],
    nodeId: 1,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'fsync',
    configFor: () => defaultLogConfig,
  })
  expect(manager.failedLogs).toEqual([])
  const ends = Object.fromEntries(manager.logs().map((log) => [`${log.topic}-${log.partition}`, log.endOffset]))
  await manager.close({ clean: true, brokerEpoch: 1 })
  return ends
}

const bitFlipped = () => {
  // The second segment of four: sound ones follow.
  const files = kafkaFiles('plain')
  const path = 'plain-0/00000000000000000060.log'
  const bytes = Buffer.from(files.get(path) as Buffer)
  bytes[2500] = (bytes[2500] as number) ^ 0x10
  return files.set(path, bytes)
}

describe('repairing', () => {
  it('rebuilds damaged and missing indexes from their segment', async () => {
    for (const name of ['bad-corrupt-index', 'bad-missing-index', 'bad-no-checkpoints']) {
      const { fileSystem, actions, unrepaired } = await repaired(kafkaFiles(name))
      expect(actions.every(({ path }) => /\.(time)?index$/.test(path))).toBe(true)
      expect(unrepaired).toEqual([])
      expect((await errorsIn(fileSystem)).filter((text) => !text.includes('leader-epoch'))).toEqual([])
      expect(await openedOffsets(fileSystem)).toMatchObject({ 'plain-0': 200, 'plain-1': 200, 'plain-2': 200 })
    }
  })

  it('rebuilds transaction indexes with the bytes of Apache Kafka', async () => {
    const { after, actions } = await repaired(kafkaFiles('txn-unclean'))
    const whole = kafkaFiles('txn')
    const names = ['txn-0/00000000000000000012.txnindex', 'txn-0/00000000000000000054.txnindex']
    expect(actions.map(({ path }) => path)).toEqual(names.map((name) => `/data/${name}`))
    for (const name of names) expect(after.get(name)).toEqual(whole.get(name))
  })

  it('cuts off what can only be an incomplete write, and makes the next start check the logs', async () => {
    const files = kafkaFiles('bad-garbage-tail').set(
      '.kafka_cleanshutdown',
      Buffer.from('{"version":0,"brokerEpoch":11}'),
    )
    const { fileSystem, after, unrepaired } = await repaired(files)
    expect(unrepaired).toEqual([])
    expect(await errorsIn(fileSystem)).toEqual([])
    const sound = kafkaFiles('plain')
    for (const partition of [0, 1, 2]) {
      const name = `plain-${partition}/00000000000000000180.log`
      expect(after.get(name)).toEqual(sound.get(name))
    }
    expect(after.has('.kafka_cleanshutdown')).toBe(false)
    expect(await openedOffsets(fileSystem)).toMatchObject({ 'plain-0': 200, 'plain-1': 200, 'plain-2': 200 })
  })

  it('leaves batches alone that were durable, unless it is told to end the log there', async () => {
    for (const name of ['bad-bitflip', 'bad-truncated', 'bad-bitflip-clean', 'bad-truncated-clean']) {
      const left = await repaired(kafkaFiles(name))
      expect(left.actions).toEqual([])
      expect(left.unrepaired).toHaveLength(1)

      const { fileSystem, after, unrepaired } = await repaired(kafkaFiles(name), { truncateAtDamage: true })
      expect(unrepaired).toEqual([])
      expect(after.get('plain-0/00000000000000000180.log')?.length).toBe(1981)
      expect(String(after.get('recovery-point-offset-checkpoint'))).toContain('plain 0 196\n')
      expect(String(after.get('replication-offset-checkpoint'))).toContain('plain 0 196\n')
      expect(await errorsIn(fileSystem)).toEqual([])
      expect(await openedOffsets(fileSystem)).toMatchObject({ 'plain-0': 196, 'plain-1': 200 })
    }
  })

  it('never repairs damage in the middle of a log on its own', async () => {
    const { actions, unrepaired } = await repaired(bitFlipped())
    expect(actions).toEqual([])
    expect(unrepaired).toMatchObject([
      { path: '/data/plain-0/00000000000000000060.log', what: expect.stringContaining('More batches follow it') },
    ])
  })

  it('ends a log at damage in its middle when asked to, and keeps all that followed', async () => {
    const { fileSystem, after, unrepaired, actions } = await repaired(bitFlipped(), { truncateAtDamage: true })
    expect(unrepaired).toEqual([])
    const left = [...after.keys()].filter((path) => /^plain-0\/.*\.log$/.test(path))
    expect(left).toEqual(['plain-0/00000000000000000000.log', 'plain-0/00000000000000000060.log'])
    const cut = batchOffsets(after.get('plain-0/00000000000000000060.log') as Buffer)
    const endOffset = (cut.at(-1)?.[1] ?? 0) + 1
    expect(actions).toContainEqual(
      expect.objectContaining({ what: expect.stringContaining(`the log ends at offset ${endOffset}`) }),
    )
    expect(after.has('plain-0/00000000000000000180.log.before-repair-1')).toBe(true)
    expect(after.has('.kafka_cleanshutdown')).toBe(false)
    expect(await errorsIn(fileSystem)).toEqual([])
    expect(await openedOffsets(fileSystem)).toMatchObject({ 'plain-0': endOffset, 'plain-1': 200 })
  })

  it('does nothing in a dry run, and says the same', async () => {
    for (const files of [kafkaFiles('bad-corrupt-index'), kafkaFiles('bad-garbage-tail'), bitFlipped()]) {
      const dry = await repaired(files, { dryRun: true, truncateAtDamage: true })
      expect(dry.after).toEqual(files)
      const wet = await repaired(files, { truncateAtDamage: true })
      expect(dry.actions).toEqual(wet.actions.map(({ path, what }) => ({ path, what })))
      expect(dry.actions.length).toBeGreaterThan(0)
    }
  })

  it('sets damaged snapshots and checkpoints aside that a start makes again, and no others', async () => {
    const garbage = Buffer.from('garbage')
    const madeAgain = [
      'plain-0/00000000000000000200.snapshot',
      'plain-0/leader-epoch-checkpoint',
      'recovery-point-offset-checkpoint',
      'cleaner-offset-checkpoint',
    ]
    const kept = ['log-start-offset-checkpoint', '__cluster_metadata-0/quorum-state', 'plain-1/partition.metadata']
    const files = kafkaFiles('plain')
    for (const path of [...madeAgain, ...kept]) files.set(path, garbage)
    const { actions, unrepaired } = await repaired(files)
    expect(actions.map(({ path }) => path).sort()).toEqual(madeAgain.map((path) => `/data/${path}`).sort())
    expect(unrepaired.map(({ path }) => path).sort()).toEqual(kept.map((path) => `/data/${path}`).sort())
  })

  it('of one file leaves the others as they are', async () => {
    const fileSystem = diskWith(kafkaFiles('bad-corrupt-index'))
    const { actions } = await repair(fileSystem, ['/data/plain-0/00000000000000000060.index'])
    expect(actions.map(({ path }) => path)).toEqual([
      '/data/plain-0/00000000000000000060.index',
      '/data/plain-0/00000000000000000060.timeindex',
    ])
  })

  it('keeps the original of every repair of a file', async () => {
    const fileSystem = diskWith(kafkaFiles('bad-corrupt-index'))
    const path = '/data/plain-0/00000000000000000060.index'
    await repair(fileSystem, [path])
    const file = await fileSystem.open(path, 'write')
    await file.write([Buffer.from('damage')], 0)
    const { actions } = await repair(fileSystem, [path])
    expect(actions[0]?.keptAs).toBe(`${path}.before-repair-2`)
    expect((await fileSystem.readFile(`${path}.before-repair-2`, 100)).toString()).toContain('damage')
  })

  it('is refused while a broker has the directory open', async () => {
    const fileSystem = diskWith(kafkaFiles('plain'))
    const lock = await fileSystem.lock('/data/.lock')
    for (const path of ['/data', '/data/plain-0', '/data/plain-0/00000000000000000060.index']) {
      await expect(repair(fileSystem, [path])).rejects.toMatchObject({ code: 'wrong-state' })
      await expect(verify(fileSystem, [path])).rejects.toThrow('/data is in use by a running broker: stop it first')
    }
    await lock.release()
    await verify(fileSystem, ['/data'])
    await (await fileSystem.lock('/data/.lock')).release()
  })
})
