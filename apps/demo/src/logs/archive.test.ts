import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Archive, archiveName, fingerprintOf } from './archive.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-archive-test-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

async function archiveOf(...lines: readonly (readonly [file: string, offset: number, line: string])[]) {
  const archive = new Archive(directory)
  for (const [file, offset, line] of lines)
    await archive.handle({ partition: 0, offset, file, line: Buffer.from(line) })
  await archive.close()
  return archive
}

it('has every line once, although some came again', async () => {
  const archive = await archiveOf(
    ['/a.log', 0, 'one\n'],
    ['/b.log', 1, 'x'],
    ['/a.log', 0, 'one\n'],
    ['/a.log', 2, 'two'],
  )
  const expected = new Map([
    ['/a.log', fingerprintOf(Buffer.from('one\ntwo'))],
    ['/b.log', fingerprintOf(Buffer.from('x'))],
  ])
  expect(await archive.differences(expected)).toEqual([])
  expect(readdirSync(directory).sort()).toEqual(['a.log.gz', 'b.log.gz'])
  expect(archive).toMatchObject({ lineCount: 3, fileCount: 2 })
  expect(archive.size).toBeGreaterThan(0)
})

it('says which files are not what was produced', async () => {
  const archive = await archiveOf(['/a.log', 0, 'one\n'], ['/b.log', 1, 'x'])
  const expected = new Map([
    ['/a.log', fingerprintOf(Buffer.from('One\n'))],
    ['/c.log', fingerprintOf(Buffer.from('x'))],
  ])
  expect(await archive.differences(expected)).toEqual(['/b.log', '/a.log', '/c.log'])
})

it('fails when it cannot write', async () => {
  rmSync(directory, { recursive: true })
  await expect(archiveOf(['/a.log', 0, 'one\n'])).rejects.toThrow('ENOENT')
})

it('names no two files alike', () => {
  const names = ['/var/log/a.log', '/var/log-a.log', '/var/log/a b.log', '/var/log/a=20b.log', '../x']
  expect(names.map(archiveName)).toEqual([
    'var-log-a.log.gz',
    'var-log=2da.log.gz',
    'var-log-a=20b.log.gz',
    'var-log-a=3d20b.log.gz',
    '..-x.gz',
  ])
})
