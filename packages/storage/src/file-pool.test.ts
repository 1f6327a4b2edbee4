import { silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { FilePool } from './file-pool.ts'
import { MemoryFileSystem } from './fs/memory.ts'

const settled = () => new Promise<void>((resolve) => systemClock.defer(() => systemClock.defer(resolve)))

describe('FilePool', () => {
  it('shares an open file, and closes the longest unused above the limit', async () => {
    const pool = new FilePool(new MemoryFileSystem(systemClock), 2, silentLogger)
    const [a, again] = await Promise.all([pool.acquire('/a', 'create'), pool.acquire('/a', 'create')])
    expect(a.file).toBe(again.file)
    expect(pool.openCount).toBe(1)
    const b = await pool.acquire('/b', 'create')
    const c = await pool.acquire('/c', 'create')
    expect([pool.openCount, pool.isCrowded]).toEqual([3, true])
    a.release()
    a.release()
    await settled()
    expect(await a.file.size()).toBe(0)
    b.release()
    await settled()
    await expect(b.file.size()).rejects.toMatchObject({ code: 'closed' })
    expect(await a.file.size()).toBe(0)
    again.release()
    c.release()
    expect(pool.openCount).toBe(2)
    expect(pool.tryAcquire('/b')).toBeUndefined()
    expect(pool.tryAcquire('/a')?.file).toBe(a.file)
  })

  it('keeps a forgotten file for its users and opens its path anew', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    const pool = new FilePool(fileSystem, 2, silentLogger)
    const old = await pool.acquire('/d', 'create')
    await old.file.write([Buffer.from('old')], 0)
    const user = old.retain()
    old.release()
    pool.forget('/d')
    await fileSystem.remove('/d')
    const renewed = await pool.acquire('/d', 'create')
    expect([await user.file.size(), await renewed.file.size()]).toEqual([3, 0])
    user.release()
    await settled()
    await expect(user.file.size()).rejects.toMatchObject({ code: 'closed' })
    expect(pool.openCount).toBe(1)
  })

  it('fails for a file that is not there, and works once it is', async () => {
    const pool = new FilePool(new MemoryFileSystem(systemClock), 2, silentLogger)
    await expect(pool.acquire('/x', 'write')).rejects.toMatchObject({ code: 'not-found' })
    expect(pool.openCount).toBe(0)
    ;(await pool.acquire('/x', 'create')).release()
    expect(pool.openCount).toBe(1)
  })
})
