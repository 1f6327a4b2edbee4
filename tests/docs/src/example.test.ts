import { describe, expect, it } from 'vitest'
import { connects, examplesOf, fedTopicsOf, runModeOf, withAddress } from './example.ts'

describe('the examples of a document', () => {
  it('are its ts fences, and no other code', () => {
    const readme = 'a\n```ts\nf()\n```\n```sh\nnpm start\n```\n\n    g()\n\n```ts\nh()\n```\n'
    expect(examplesOf('packages/a', 'a.md', readme)).toEqual([
      { folder: 'packages/a', document: 'a.md', line: 3, source: 'f()', mode: { kind: 'ends' } },
      { folder: 'packages/a', document: 'a.md', line: 12, source: 'h()', mode: { kind: 'ends' } },
    ])
  })
})

describe('how an example is run', () => {
  it('not at all when it declares what it does not have', () => {
    for (const source of [
      'declare const a: number\na + 1',
      'export declare function f(): void\nf()',
      '  declare let a: 1',
    ]) {
      expect(runModeOf(source), source).toEqual({ kind: 'not-run', reason: 'it declares what it lacks' })
    }
    expect(runModeOf('// we declare nothing\nf()')).toEqual({ kind: 'ends' })
  })

  it('not at all when only types are in it', () => {
    const source = `import type { A } from './a.ts'\nimport { type B } from "b"\n/** Says. */\ninterface C extends A { b: B }\nexport type D = C // d`
    expect(runModeOf(source)).toEqual({ kind: 'not-run', reason: 'it has types only' })
    expect(runModeOf(`import { a } from 'a'\na()`)).toEqual({ kind: 'ends' })
  })

  it('until it ends, when it can', () => {
    expect(runModeOf('for await (const a of b()) {\n  if (a) break\n}')).toEqual({ kind: 'ends' })
    expect(runModeOf('while (true) f()')).toEqual({ kind: 'ends' })
  })

  it('until it has shown something, when its loop has no way out', () => {
    expect(runModeOf('for await (const a of b()) {\n  console.log(a)\n}')).toEqual({ kind: 'endless' })
  })

  it('anyway, when it cannot be read: what is wrong is then said by Node', () => {
    expect(runModeOf('const = 1')).toEqual({ kind: 'ends' })
  })
})

describe('the address of the broker', () => {
  it('is replaced wherever the example has it', () => {
    const source = `a('localhost:9092', ['127.0.0.1:9092', "localhost:9092,127.0.0.1:9092"])`
    expect(connects(source)).toBe(true)
    expect(withAddress(source, '127.0.0.1:5')).toBe(`a('127.0.0.1:5', ['127.0.0.1:5', "127.0.0.1:5,127.0.0.1:5"])`)
  })

  it('is nothing else that looks like it', () => {
    const source = `a('localhost:90921', 'kafka-1:9092', 'mylocalhost:9092', 9092)`
    expect(connects(source)).toBe(false)
    expect(withAddress(source, 'x')).toBe(source)
  })
})

describe('the topics that the suite writes to', () => {
  it('are those that a consumer names', () => {
    const source = `new Consumer({ topics: ['orders', 'refunds'] })\nconsumer.assign([{ topic: 'clicks', partition: 0 }])
const a = topic('orders', { key: string() })\nconsumer.subscribe(['views'])`
    expect(fedTopicsOf(source)).toEqual(['orders', 'refunds', 'clicks', 'views'])
  })

  it('are none when the example writes itself, or does not read', () => {
    expect(fedTopicsOf(`new Producer({})\nnew Consumer({ topics: ['orders'] })`)).toEqual([])
    expect(fedTopicsOf(`admin.describe({ topics: ['orders'] })`)).toEqual([])
  })
})
