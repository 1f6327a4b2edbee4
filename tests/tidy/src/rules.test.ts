import { describe, expect, it } from 'vitest'
import { deepPathRule, doorRule, exportRule, layerRule, portRule, type Rule, shellRule, syntaxRule } from './rules.ts'
import { parseSource } from './source.ts'

const breaches = (rule: Rule, path: string, text: string) => rule(parseSource(path, text))

describe('layerRule', () => {
  const cases: [string, string, string, string | undefined][] = [
    ['a lower layer', 'packages/storage/src/log.ts', `import { crc32c } from '@millrace/base'`, undefined],
    ['the same layer', 'packages/storage/src/log.ts', `import { Raft } from '@millrace/raft'`, 'only lower layers'],
    [
      'a higher layer',
      'packages/protocol/src/x.ts',
      `import type { Log } from '@millrace/storage'`,
      'only lower layers',
    ],
    ['a re-export', 'packages/base/src/x.ts', `export { a } from '@millrace/protocol'`, 'only lower layers'],
    ['a dynamic import', 'packages/base/src/x.ts', `await import('@millrace/protocol')`, 'only lower layers'],
    ['broker and producer', 'packages/broker/src/x.ts', `import '@millrace/producer'`, 'never imports'],
    ['an unknown package', 'packages/broker/src/x.ts', `import '@millrace/tidy'`, 'no package of a lower layer'],
    ['itself by name', 'packages/broker/src/x.ts', `import '@millrace/broker'`, 'relative path'],
    ['a test on its own layer', 'packages/producer/src/x.test.ts', `import '@millrace/broker'`, undefined],
    ['a test on a higher layer', 'packages/producer/src/x.test.ts', `import '@millrace/testing'`, 'only lower layers'],
    ['anything from above', 'tests/sim/src/x.ts', `import '@millrace/testing'`, undefined],
    ['an import in a comment', 'packages/base/src/x.ts', `// import '@millrace/broker'`, undefined],
    ['an import in a string', 'packages/base/src/x.ts', 'const text = `import x`', undefined],
  ]
  it.each(cases)('%s', (_, path, text, expected) => {
    const found = breaches(layerRule, path, text)
    if (expected === undefined) expect(found).toEqual([])
    else expect(found.join()).toContain(expected)
  })
})

describe('deepPathRule', () => {
  it('lets the front door and listed test parts through', () => {
    const text = `import a from '@millrace/storage'; import b from '@millrace/storage/testing'; import c from './log.ts'`
    expect(breaches(deepPathRule, 'packages/broker/src/x.ts', text)).toEqual([])
  })

  it.each([
    ['a deep path', `import '@millrace/storage/src/log.ts'`, 'front door'],
    ['another package by a relative path', `import '../../storage/src/log.ts'`, 'relative path'],
    ['a relative import without an ending', `import './log'`, 'file ending'],
  ])('catches %s', (_, text, expected) => {
    expect(breaches(deepPathRule, 'packages/broker/src/x.ts', text).join()).toContain(expected)
  })
})

describe('doorRule', () => {
  it('lets a module in by its door, and anything in tests', () => {
    expect(breaches(doorRule, 'packages/network/src/transport/node.ts', `import { connect } from 'node:net'`)).toEqual(
      [],
    )
    expect(breaches(doorRule, 'packages/network/src/x.test.ts', `import 'node:http'`)).toEqual([])
    expect(breaches(doorRule, 'tests/sim/src/main.ts', `import 'node:fs'`)).toEqual([])
  })

  it('catches a module outside its door, an unknown one, and a library', () => {
    expect(breaches(doorRule, 'packages/broker/src/x.ts', `import 'node:net'`).join()).toContain('its door is')
    expect(breaches(doorRule, 'packages/broker/src/x.ts', `import 'node:http'`).join()).toContain('has no door')
    expect(breaches(doorRule, 'packages/broker/src/x.ts', `import koffi from 'koffi'`).join()).toContain('has no door')
    expect(breaches(doorRule, 'packages/broker/src/x.ts', `await import('node:fs')`).join()).toContain('its door is')
  })
})

describe('portRule', () => {
  const hidden = [
    'Date.now()',
    'new Date()',
    'performance.now()',
    'process.hrtime()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'globalThis.setTimeout(f, 1)',
    'process.nextTick(f)',
    'AbortSignal.timeout(5)',
    'Math.random()',
    'crypto.randomUUID()',
    'crypto.getRandomValues(a)',
    'new WeakRef(a)',
    'new FinalizationRegistry(f)',
    'new Worker(url)',
    `import { setTimeout } from 'node:timers/promises'`,
    `\`$\{Date.now()}\``,
  ]
  it.each(hidden)('catches %s', (text) => {
    expect(breaches(portRule, 'packages/broker/src/x.ts', text)).not.toEqual([])
  })

  it('names the line', () => {
    expect(breaches(portRule, 'packages/broker/src/x.ts', '/* a\n */\n\nDate.now()')[0]).toContain('x.ts:4')
  })

  it('lets dates with an argument, prose, strings, tests and the system clock through', () => {
    expect(breaches(portRule, 'packages/broker/src/x.ts', `new Date(ms) // Date.now()\n'Math.random'`)).toEqual([])
    expect(breaches(portRule, 'packages/broker/src/x.test.ts', 'Date.now()')).toEqual([])
    expect(breaches(portRule, 'packages/base/src/system.ts', 'Date.now()')).toEqual([])
    expect(breaches(portRule, 'packages/network/src/x.ts', 'socket.setTimeout(5)')).toEqual([])
  })
})

describe('shellRule', () => {
  it('catches process and console outside the shells', () => {
    expect(breaches(shellRule, 'packages/broker/src/x.ts', 'process.exit(1)')).toHaveLength(1)
    expect(breaches(shellRule, 'packages/broker/src/x.ts', 'console.log(1)')).toHaveLength(1)
    expect(breaches(shellRule, 'packages/broker/src/x.ts', 'this.process.next()')).toEqual([])
    expect(breaches(shellRule, 'packages/millrace/src/bin.ts', 'process.exit(1)')).toEqual([])
  })
})

describe('exportRule', () => {
  it('catches star and default exports', () => {
    expect(breaches(exportRule, 'packages/broker/src/index.ts', `export * from './a.ts'`)).toHaveLength(1)
    expect(breaches(exportRule, 'packages/broker/src/a.ts', 'export default 1')).toHaveLength(1)
    expect(breaches(exportRule, 'packages/broker/src/a.ts', 'export const defaults = 1')).toEqual([])
  })
})

describe('syntaxRule', () => {
  it('catches using declarations in published code', () => {
    expect(breaches(syntaxRule, 'packages/client/src/a.ts', '  await using pool = open()')).toHaveLength(1)
    expect(breaches(syntaxRule, 'packages/client/src/a.test.ts', 'using a = b()')).toEqual([])
  })
})
