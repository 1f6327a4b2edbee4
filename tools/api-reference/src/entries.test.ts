import { describe, expect, it } from 'vitest'
import { publishedSources } from './entries.ts'

describe('publishedSources', () => {
  const exports = {
    '.': { '@millrace/source': './src/index.ts', default: './dist/index.js' },
    './msgpack': { '@millrace/source': './src/msgpack.ts', default: './dist/msgpack.js' },
    './worker': { '@millrace/source': './src/worker.ts', default: './dist/worker.js' },
    './testing': { '@millrace/source': './src/testing.ts' },
  }

  it('gives what is published, without test parts and worker entries', () => {
    const publishConfig = { exports: { '.': {}, './msgpack': {}, './worker': {} } }
    expect(publishedSources({ exports, publishConfig })).toEqual(['./src/index.ts', './src/msgpack.ts'])
  })

  it('names a published entry that sources do not have', () => {
    expect(() => publishedSources({ exports, publishConfig: { exports: { './other': {} } } })).toThrow('./other')
  })
})
