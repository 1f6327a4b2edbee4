import { fork } from 'node:child_process'
import nodeFs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, systemClock } from '@millrace/base'
import { afterAll, describe, expect, it } from 'vitest'
import { fileSystemConformance } from './conformance.ts'
import { FaultyFileSystem, seededFaults } from './faulty.ts'
import { MemoryFileSystem } from './memory.ts'
import { NodeFileSystem } from './node.ts'
import { type FileSystem, writeFully } from './port.ts'

const temporary = nodeFs.mkdtempSync(path.join(os.tmpdir(), 'millrace-fs-'))
afterAll(() => nodeFs.rmSync(temporary, { recursive: true, force: true }))

const implementations: Record<string, () => { fileSystem: FileSystem; root: string }> = {
  node: () => ({ fileSystem: new NodeFileSystem(), root: nodeFs.mkdtempSync(path.join(temporary, 'case-')) }),
  'node, in place': () => {
    const fileSystem = new NodeFileSystem()
    void fileSystem.inPlace(() => new Promise<never>(() => {}))
    return { fileSystem, root: nodeFs.mkdtempSync(path.join(temporary, 'case-')) }
  },
  memory: () => ({ fileSystem: new MemoryFileSystem(systemClock), root: '/root' }),
  'faulty without faults': () => ({ fileSystem: new FaultyFileSystem(systemClock), root: '/root' }),
}

for (const [name, make] of Object.entries(implementations)) {
  describe(`FileSystem conformance: ${name}`, () => {
    for (const conformanceCase of fileSystemConformance) {
      it(conformanceCase.name, async () => {
        const { fileSystem, root } = make()
        await fileSystem.makeDirectory(root)
        await conformanceCase.run(fileSystem, root)
      })
    }
  })
}

describe('NodeFileSystem', () => {
  it.runIf(nodeFs.existsSync('/proc/self'))('says that a directory cannot be made, where none can be', async () => {
    const error = await new NodeFileSystem().makeDirectory('/proc/none/data').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'FileSystemError', code: 'not-found' })
  })
})

describe('NodeFileSystem lock', () => {
  async function holdInChild(lockPath: string) {
    const child = fork(fileURLToPath(new URL('../../test/lock-holder.ts', import.meta.url)), [lockPath])
    await new Promise((resolve) => child.once('message', resolve))
    return child
  }

  it('is held against other processes and released by their death, also below a long path', async () => {
    for (const directory of [path.join(temporary, 'short'), path.join(temporary, 'long'.repeat(40))]) {
      nodeFs.mkdirSync(directory)
      const lockPath = path.join(directory, '.lock')
      const child = await holdInChild(lockPath)
      const fileSystem = new NodeFileSystem()
      await expect(fileSystem.lock(lockPath)).rejects.toMatchObject({ code: 'locked' })
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
      const lock = await fileSystem.lock(lockPath)
      await lock.release()
      expect(nodeFs.readdirSync(directory)).toEqual(['.lock'])
    }
  })

  it('gives the place of a dead holder to one of many starters', async () => {
    const directory = path.join(temporary, 'race')
    nodeFs.mkdirSync(directory)
    const lockPath = path.join(directory, '.lock')
    const child = await holdInChild(lockPath)
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => new NodeFileSystem().lock(lockPath)))
    const held = results.filter((result) => result.status === 'fulfilled')
    expect(held).toHaveLength(1)
    for (const result of held) await result.value.release()
  })
})

describe('FaultyFileSystem', () => {
  async function writeFile(fileSystem: FileSystem, name: string, bytes: Buffer) {
    const file = await fileSystem.open(name, 'create')
    await writeFully(file, bytes, 0)
    return file
  }

  it('keeps what was synced through any power cut, and tears the rest by sectors', async () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 60; seed++) {
      const random = seededRandom(seed)
      const disk = new FaultyFileSystem(systemClock)
      const file = await writeFile(disk, '/log', Buffer.alloc(700, 'a'))
      await file.sync()
      await disk.syncDirectory('/')
      await file.write([Buffer.alloc(2000, 'b')], 700)
      const after = await disk.powerCut(random).readFile('/log', 10_000)
      expect(after.subarray(0, 700).equals(Buffer.alloc(700, 'a')), `seed ${seed}`).toBe(true)
      const kinds = new Set(after.subarray(700))
      for (const byte of kinds) expect([0, 0x62], `seed ${seed}`).toContain(byte)
      seen.add(kinds.size === 2 ? 'torn' : kinds.size === 0 ? 'lost' : kinds.has(0) ? 'zeros' : 'kept')
    }
    expect([...seen].sort()).toEqual(['kept', 'lost', 'torn', 'zeros'])
  })

  it('brings back nothing of what was cut off', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const disk = new FaultyFileSystem(systemClock)
      const file = await writeFile(disk, '/log', Buffer.alloc(1500, 'a'))
      await file.sync()
      await disk.syncDirectory('/')
      await file.truncate(200)
      const next = disk.powerCut(seededRandom(seed))
      if (next.disk.file('/log', 'size').size !== 200) continue
      await (await next.open('/log', 'write')).write([Buffer.alloc(1200, 'b')], 200)
      const after = await next.powerCut(seededRandom(seed + 100)).readFile('/log', 10_000)
      for (const byte of new Set(after.subarray(200))) expect([0, 0x62], `seed ${seed}`).toContain(byte)
    }
  })

  it('forgets names whose directory was not synced, and renames whole', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const disk = new FaultyFileSystem(systemClock)
      await (await writeFile(disk, '/kept', Buffer.from('1'))).sync()
      await (await writeFile(disk, '/from', Buffer.from('2'))).sync()
      await disk.syncDirectory('/')
      await disk.rename('/from', '/kept')
      await (await writeFile(disk, '/new', Buffer.from('3'))).sync()
      const after = disk.powerCut(seededRandom(seed))
      const names = (await after.list('/')).map(({ name }) => name).join()
      outcomes.add(`${names}=${await after.readFile('/kept', 10)}`)
    }
    expect([...outcomes].sort()).toEqual(['from,kept=1', 'kept,new=2', 'kept=2'])
  })

  it('ends the old process: its calls never end, its files and locks are gone', async () => {
    const disk = new FaultyFileSystem(systemClock)
    await disk.lock('/.lock')
    const file = await writeFile(disk, '/a', Buffer.from('1'))
    let ended = false
    void file.sync().finally(() => {
      ended = true
    })
    const next = disk.powerCut(seededRandom(1))
    await next.makeDirectory('/after')
    void disk.remove('/after').finally(() => {
      ended = true
    })
    await new Promise<void>((resolve) => systemClock.defer(() => systemClock.defer(resolve)))
    expect(ended).toBe(false)
    await (await next.lock('/.lock')).release()
    expect((await next.list('/')).map(({ name }) => name)).toContain('after')
  })

  it('fails calls by rule, and a failed sync loses its data although a later one succeeds', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const file = await writeFile(disk, '/a', Buffer.from('1'))
    await disk.syncDirectory('/')
    disk.injectFaults(({ name }) => (name === 'sync' ? { error: 'io' } : undefined))
    await expect(file.sync()).rejects.toMatchObject({ code: 'io', operation: 'sync', path: '/a' })
    disk.injectFaults(({ name, size }) => (name === 'write' ? { shortBytes: size - 1 } : undefined))
    expect(await file.write([Buffer.from('234')], 1)).toBe(2)
    disk.injectFaults(undefined)
    await file.sync()
    const after = disk.powerCut(seededRandom(1))
    expect((await after.readFile('/a', 10)).length).toBeLessThanOrEqual(3)
  })

  it('keeps everything written when only the process dies', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const file = await writeFile(disk, '/a', Buffer.from('1'))
    await disk.lock('/.lock')
    const next = disk.restart()
    void file.write([Buffer.from('2')], 0)
    await (await next.lock('/.lock')).release()
    expect(String(await next.readFile('/a', 10))).toBe('1')
  })

  it('repeats its faults for a seed', () => {
    const draw = (seed: number) => {
      const rule = seededFaults(seededRandom(seed), 3, ['write', 'sync'])
      return Array.from({ length: 50 }, (_, index) =>
        JSON.stringify(rule({ name: index % 2 ? 'write' : 'sync', path: '/a', size: 100 })),
      )
    }
    expect(draw(4)).toEqual(draw(4))
    expect(draw(4)).not.toEqual(draw(5))
    expect(draw(4).filter((fault) => fault !== undefined).length).toBeGreaterThan(5)
  })
})
