import { seededRandom } from '@millrace/base'
import { expect, it } from 'vitest'
import { findLogFiles, generatedFile } from './log-files.ts'

it('always finds something, and nothing that is empty', async () => {
  const { files } = await findLogFiles(seededRandom(1))
  expect(files.length).toBeGreaterThan(0)
  for (const { name, content } of files) expect(content.length, name).toBeGreaterThan(0)
  expect(new Set(files.map(({ name }) => name)).size).toBe(files.length)
})

it('makes up the same lines from the same seed', () => {
  const { name, content } = generatedFile(seededRandom(3), 'web.log', 100)
  expect(name).toBe('generated/web.log')
  expect(content).toEqual(generatedFile(seededRandom(3), 'web.log', 100).content)
  expect(content.toString().trimEnd().split('\n')).toHaveLength(100)
  expect(content.toString()).toContain('error')
})
