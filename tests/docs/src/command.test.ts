import { describe, expect, it } from 'vitest'
import { commandsOf, foreignBlocksOf } from './command.ts'

describe('the commands of a README', () => {
  it('are the lines of indented blocks and shell fences, and spans that begin with a program', () => {
    const readme = [
      'Type `npm start` or read `server.properties`; `npm` alone is no command, nor is `--data DIR`.',
      '',
      '    echo "a:b" | npm run -s millrace -- produce orders',
      '    npm test      # everything',
      '',
      '```sh',
      '# first',
      'npx millrace start \\',
      '  --port 9092',
      '```',
      '```ts',
      'npm()',
      '```',
    ].join('\n')
    expect(commandsOf(readme)).toEqual([
      { text: 'npm start', line: 1 },
      { text: 'echo "a:b" | npm run -s millrace -- produce orders', line: 3 },
      { text: 'npm test', line: 4 },
      { text: 'npx millrace start --port 9092', line: 9 },
    ])
  })

  it('keep a # that is part of a word', () => {
    expect(commandsOf('\n    npm run a -- --x=b#c')).toEqual([{ text: 'npm run a -- --x=b#c', line: 2 }])
  })
})

describe('blocks that nothing looks at', () => {
  const readme = '```ts\na\n```\n```sh\nb\n```\n```yaml\nc\n```\n```\nd\n```\n\n    e\n'
  const textsOf = (languages: string[], hasCommands: boolean) =>
    foreignBlocksOf(readme, languages, hasCommands).map(({ text }) => text)

  it('are fences in other languages', () => {
    expect(textsOf(['ts'], true)).toEqual(['c', 'd'])
    expect(textsOf(['ts', 'yaml', ''], true)).toEqual([])
  })

  it('are commands where none are run', () => {
    expect(textsOf(['ts', 'yaml', ''], false)).toEqual(['b', 'e'])
  })
})
