import { ManualClock, type Random, seededRandom, systemClock } from '@millrace/base'
import { decodeMetaProperties, joinPath, MemoryFileSystem, metaPropertiesFileName } from '@millrace/storage'
import { FaultyFileSystem } from '@millrace/storage/testing'
import { describe, expect, it } from 'vitest'
import { inAnInstant, snapshotVector, timestampOf } from '../test/kafka-snapshot.ts'
import { formatDirectories, formatIfEmpty } from './format.ts'

const controllerEndpoint = { name: 'CONTROLLER', host: 'localhost', port: 9093 }

it.each([1, 2, 3, 4, 5, 6])('makes a directory that a power cut leaves, parents included (seed %i)', async (seed) => {
  const random = seededRandom(seed)
  const disk = new FaultyFileSystem(systemClock)
  const directory = '/srv/millrace/data'
  const options = { directory, nodeId: 1, controllerEndpoint, clock: systemClock, random }
  expect(await formatIfEmpty({ ...options, fileSystem: disk })).toBe(true)
  const found = disk.powerCut(random)
  expect(await found.stat(joinPath(directory, metaPropertiesFileName))).toBeDefined()
  expect(await formatIfEmpty({ ...options, fileSystem: found })).toBe(false)
})

/** What Apache Kafka had and drew when it formatted the directory of the vectors. */
const kafkaDirectoryId = 'Qq0s9i6RSqahocQwRVWO_A'
const kafkaEndpoint = { name: 'CONTROLLER', host: '127.0.0.1', port: 29093 }

/** Draws these ids, one after the other. */
function drawing(...ids: readonly string[]): Random {
  const left = ids.map((id) => Buffer.from(id, 'base64url'))
  return { uint32: () => 0, bytes: () => left.shift() ?? Buffer.alloc(16, 7) }
}

describe('a fresh directory', () => {
  const format = async (timestamp: number, ...ids: readonly string[]) => {
    const clock = new ManualClock(timestamp)
    const fileSystem = new MemoryFileSystem({
      now: () => clock.now(),
      defer: (callback) => systemClock.defer(callback),
    })
    const random = drawing(...ids)
    await formatIfEmpty({ fileSystem, directory: '/data', nodeId: 1, controllerEndpoint: kafkaEndpoint, clock, random })
    return (name: string) => fileSystem.readFile(`/data/${name}`, 1024 * 1024)
  }

  it('has the bootstrap.checkpoint that Apache Kafka writes, byte for byte', async () => {
    const expected = inAnInstant(snapshotVector('plain-bootstrap.checkpoint'))
    const read = await format(timestampOf(expected))
    expect((await read('bootstrap.checkpoint')).toString('hex')).toBe(expected.toString('hex'))
  })

  it('has the first snapshot of the metadata that Apache Kafka writes, byte for byte', async () => {
    const name = '00000000000000000000-0000000000.checkpoint'
    const vector = snapshotVector(name)
    const expected = inAnInstant(vector, timestampOf(vector))
    const read = await format(timestampOf(vector), kafkaDirectoryId)
    expect((await read(`__cluster_metadata-0/${name}`)).toString('hex')).toBe(expected.toString('hex'))
  })

  it('has the meta.properties that Apache Kafka writes, but for the time and the id of the cluster', async () => {
    const read = await format(0, kafkaDirectoryId)
    const comparable = (bytes: Buffer) => bytes.toString().replaceAll(/^#.*\n|(?<=^cluster\.id=).*/gm, '')
    expect(comparable(await read('meta.properties'))).toBe(comparable(snapshotVector('meta.properties')))
  })
})

describe('formatIfEmpty', () => {
  const options = { directory: '/data', nodeId: 1, controllerEndpoint, clock: systemClock, random: seededRandom(1) }

  it('refuses a directory with something else in it, and names that', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await fileSystem.makeDirectory('/data')
    await (await fileSystem.open('/data/holiday.jpg', 'create')).close()
    await expect(formatIfEmpty({ ...options, fileSystem })).rejects.toThrow(
      "/data holds no broker's data, but is not empty (holiday.jpg): choose another directory",
    )
  })

  it('finishes what was interrupted before the directory counted as formatted', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await formatIfEmpty({ ...options, fileSystem })
    await fileSystem.remove(joinPath('/data', metaPropertiesFileName))
    expect(await formatIfEmpty({ ...options, fileSystem })).toBe(true)
    expect(await fileSystem.stat(joinPath('/data', metaPropertiesFileName))).toBeDefined()
  })

  it('gives a directory to one of two that start at once', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    const outcomes = await Promise.allSettled([
      formatIfEmpty({ ...options, fileSystem }),
      formatIfEmpty({ ...options, fileSystem }),
    ])
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value)).toHaveLength(1)
  })
})

describe('several directories', () => {
  const options = { nodeId: 1, controllerEndpoint, clock: systemClock, random: seededRandom(1) }
  const metaOf = async (fileSystem: MemoryFileSystem, directory: string) => {
    const path = joinPath(directory, metaPropertiesFileName)
    return decodeMetaProperties(await fileSystem.readFile(path, 1 << 20), path)
  }

  it('belong to one cluster, each with an id of its own; one has the metadata', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    const directories = ['/a', '/b', '/c']
    const made = await formatDirectories({ ...options, fileSystem, directories, metadataDirectory: '/b' })
    expect(made.formatted).toEqual(['/b', '/a', '/c'])
    const metas = await Promise.all(directories.map((directory) => metaOf(fileSystem, directory)))
    expect(new Set(metas.map(({ clusterId }) => clusterId))).toEqual(new Set([made.clusterId]))
    expect(new Set(metas.map(({ directoryId }) => directoryId)).size).toBe(3)
    for (const directory of directories) {
      const names = (await fileSystem.list(directory)).map(({ name }) => name)
      expect(names.includes('__cluster_metadata-0'), directory).toBe(directory === '/b')
      expect(names).toContain('bootstrap.checkpoint')
    }
    const again = await formatDirectories({ ...options, fileSystem, directories, metadataDirectory: '/b' })
    expect(again).toEqual({ clusterId: made.clusterId, formatted: [], unusable: new Map() })
  })

  it('may be joined by another one later', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    const first = await formatDirectories({ ...options, fileSystem, directories: ['/a'], metadataDirectory: '/a' })
    const next = { ...options, fileSystem, directories: ['/a', '/b'], metadataDirectory: '/a' }
    expect(await formatDirectories(next)).toMatchObject({ clusterId: first.clusterId, formatted: ['/b'] })
  })

  it('are never given a new cluster beside an old one', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await formatDirectories({ ...options, fileSystem, directories: ['/a'], metadataDirectory: '/a' })
    const start = formatDirectories({ ...options, fileSystem, directories: ['/b', '/a'], metadataDirectory: '/b' })
    await expect(start).rejects.toThrow('/b is to hold the metadata and is empty, but /a belongs to a cluster')
  })

  it('but the one with the metadata may be unusable', async () => {
    const fileSystem = new FaultyFileSystem(systemClock)
    const failing = (path: string) =>
      fileSystem.injectFaults((operation) => (operation.path.startsWith(path) ? { error: 'io' } : undefined))
    failing('/b')
    const all = { ...options, fileSystem, directories: ['/a', '/b'], metadataDirectory: '/a' }
    const made = await formatDirectories(all)
    expect(made.formatted).toEqual(['/a'])
    expect([...made.unusable.keys()]).toEqual(['/b'])
    failing('/a')
    await expect(formatDirectories(all)).rejects.toThrow('/a')
  })
})
