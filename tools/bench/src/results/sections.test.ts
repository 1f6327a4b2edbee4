import { describe, expect, it } from 'vitest'
import { replaceSection } from './sections.ts'

const names = ['limits', 'produce', 'consume']
const page = '# Results\n\nHow to read them.\n\n## limits\n\nold\n\n### part\n\nmore\n\n## consume\n\nkept\n'

describe('replaceSection', () => {
  it('replaces a section, subsections included, and leaves the others', () => {
    expect(replaceSection(page, 'limits', 'new', names)).toBe(
      '# Results\n\nHow to read them.\n\n## limits\n\nnew\n\n## consume\n\nkept\n',
    )
  })

  it('adds a section where it belongs', () => {
    expect(replaceSection(page, 'produce', 'added', names)).toContain('more\n\n## produce\n\nadded\n\n## consume')
  })

  it('keeps sections of scenarios that are gone', () => {
    expect(replaceSection(page, 'limits', 'new', ['limits'])).toContain('## consume\n\nkept')
  })

  it('is the same when run twice', () => {
    const once = replaceSection(page, 'produce', 'added', names)
    expect(replaceSection(once, 'produce', 'added', names)).toBe(once)
  })
})
