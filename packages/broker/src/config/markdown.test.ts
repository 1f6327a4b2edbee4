import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { configurationMarkdown } from './markdown.ts'

const page = new URL('../../../../docs/configuration.md', import.meta.url)

describe('docs/configuration.md', () => {
  it('is what the tables say; MILLRACE_WRITE_DOCS=1 writes it anew', () => {
    const expected = configurationMarkdown()
    if (process.env.MILLRACE_WRITE_DOCS === '1') writeFileSync(page, expected)
    expect(readFileSync(page, 'utf8')).toBe(expected)
  })

  it('has a row for every key that is not internal', () => {
    const text = configurationMarkdown()
    for (const { name, isInternal } of brokerKeys.values()) expect(text.includes(`| ${name} |`), name).toBe(!isInternal)
  })
})
