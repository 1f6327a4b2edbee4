import { describe, expect, it } from 'vitest'
import { codeOf } from './markdown.ts'

const fence = '```'

describe('the code in a Markdown file', () => {
  it('is found with its kind, language and line, in order', () => {
    const text = [
      '# Title',
      '',
      'Run `npm test`:',
      '',
      '    npm start',
      '',
      `${fence}ts`,
      'const a = 1',
      fence,
      '',
    ].join('\n')
    expect(codeOf(text)).toEqual([
      { kind: 'span', language: '', text: 'npm test', line: 3 },
      { kind: 'indented', language: '', text: 'npm start', line: 5 },
      { kind: 'fence', language: 'ts', text: 'const a = 1', line: 8 },
    ])
  })

  it('keeps blank lines within a block and drops those around it', () => {
    expect(codeOf('a\n\n    one\n\n      two\n\nb').map(({ text }) => text)).toEqual(['one\n\n  two'])
  })

  it('takes a fence in a list without the indentation of the list', () => {
    expect(codeOf(`- a\n\n  ${fence}ts\n  if (a) {\n    b()\n  }\n  ${fence}`)).toEqual([
      { kind: 'fence', language: 'ts', text: 'if (a) {\n  b()\n}', line: 4 },
    ])
  })

  it('sees nothing but text inside of a fence', () => {
    const text = ['~~~~text', fence, '', '    npm start', '`a`', '~~~~'].join('\n')
    expect(codeOf(text).map(({ kind }) => kind)).toEqual(['fence'])
  })

  it('takes a wrapped line of a paragraph for what it is', () => {
    expect(codeOf('a sentence\n    that goes on')).toEqual([])
  })

  it('is an error when a fence is not closed', () => {
    expect(() => codeOf(`a\n${fence}ts\nconst a = 1`)).toThrow('The fence in line 2 is not closed')
  })
})
