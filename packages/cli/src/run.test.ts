import { describe, expect, it } from 'vitest'
import { type Command, CommandError, type CommandInput } from './command.ts'
import { commands } from './commands/index.ts'
import { runCommand } from './run.ts'
import type { Terminal } from './terminal.ts'

function terminalOf() {
  const output = { out: '', error: '' }
  const terminal: Terminal = {
    async write(text) {
      output.out += text
    },
    writeError(text) {
      output.error += text
    },
    async *readLines() {},
    signal: new AbortController().signal,
    width: undefined,
    readFile: async (path) => {
      throw new Error(`no ${path}`)
    },
    resolvePath: (path) => `/work${path}`,
  }
  return { terminal, output }
}

let seen: CommandInput | undefined
const test: Command = {
  name: 'thing do',
  summary: 'Does the thing',
  positionals: [
    { name: 'name', summary: 'which thing' },
    { name: 'more', summary: 'others', isOptional: true, isMany: true },
  ],
  options: {
    count: { kind: 'number', summary: 'How many', short: 'c', default: '1' },
    mode: { kind: 'text', summary: 'How', choices: ['fast', 'slow'] },
    set: { kind: 'texts', summary: 'A setting', value: 'KEY=VALUE' },
    json: { kind: 'flag', summary: 'For scripts' },
  },
  examples: [{ command: 'millrace thing do a', summary: 'Do a' }],
  async run(input, { terminal }) {
    seen = input
    if (input.positionals[0] === 'broken') throw new CommandError('The thing is broken. Mend it.')
    if (input.positionals[0] === 'bug') throw new TypeError('a bug')
    await terminal.write('done\n')
    return 0
  },
}

async function run(...words: string[]) {
  const { terminal, output } = terminalOf()
  const code = await runCommand([test], words, { terminal }, '1.2.3')
  return { code, ...output }
}

describe('runCommand', () => {
  it('gives a command what was asked for', async () => {
    expect(
      await run('thing', 'do', 'a', 'b', '-c', '5', '--mode=fast', '--set', 'x=1', '--set', 'y=2', '--json'),
    ).toEqual({
      code: 0,
      out: 'done\n',
      error: '',
    })
    expect(seen?.positionals).toEqual(['a', 'b'])
    expect([seen?.number('count'), seen?.text('mode'), seen?.texts('set'), seen?.flag('json')]).toEqual([
      5,
      'fast',
      ['x=1', 'y=2'],
      true,
    ])
  })

  it.each([
    [[], 2, 'Usage: millrace <command>', ''],
    [['--help'], 0, 'thing do  Does the thing', ''],
    [['--version'], 0, '1.2.3', ''],
    [['thing', 'do', '--help'], 0, 'Usage: millrace thing do <name> [<more>...] [options]', ''],
    [['thing', 'do', '--help'], 0, '-c, --count VALUE', ''],
    [['thing', 'do', '--help'], 0, '# Do a', ''],
    [['nothing'], 2, '', 'Unknown command: nothing. millrace --help lists the commands.'],
    [['thing'], 2, '', 'Did you mean: thing do?'],
    [['thing', 'do'], 2, '', '<name> is missing: which thing'],
    [['thing', 'do', 'a', '--count', 'x'], 2, '', '--count takes a whole number, not "x"'],
    [['thing', 'do', 'a', '--mode', 'odd'], 2, '', '--mode takes one of fast, slow, not "odd"'],
    [['thing', 'do', 'a', '--nope'], 2, '', "Unknown option '--nope'"],
    [['thing', 'do', 'broken'], 1, '', 'The thing is broken. Mend it.\n'],
    [['thing', 'do', 'bug'], 1, '', 'TypeError: a bug'],
  ])('answers %j with code %i', async (words, code, out, error) => {
    const result = await run(...words)
    expect(result.code).toBe(code)
    expect(result.out).toContain(out)
    expect(result.error).toContain(error)
  })
})

describe('the commands', () => {
  it.each(commands.map((command) => [command.name, command] as const))(
    '%s has help with an example',
    async (name, command) => {
      const { terminal, output } = terminalOf()
      expect(await runCommand(commands, [...name.split(' '), '--help'], { terminal }, '0')).toBe(0)
      expect(output.out).toContain(`Usage: millrace ${name}`)
      expect(command.examples.length).toBeGreaterThan(0)
      for (const spec of Object.values(command.options)) expect(spec.summary).not.toBe('')
    },
  )
})
