import { describe, expect, it } from 'vitest'
import { logFileName, parseLogDirectoryName, parseLogFileName, retiredDirectoryName } from './file-names.ts'

describe('file names', () => {
  it('have twenty digits and come back', () => {
    expect(logFileName(180, 'log')).toBe('00000000000000000180.log')
    expect(parseLogFileName('00000000000000000180.timeindex')).toEqual({ offset: 180, kind: 'timeindex', suffix: '' })
    expect(parseLogFileName('00000000000000000180.log.deleted')).toEqual({
      offset: 180,
      kind: 'log',
      suffix: '.deleted',
    })
  })

  it('leave everything else alone', () => {
    const others = ['00000000000000000000-0000000000.checkpoint', 'quorum-state', '180.log', '00000000000000000180.foo']
    for (const name of [...others, '99999999999999999999.log']) expect(parseLogFileName(name)).toBeUndefined()
  })
})

describe('directory names', () => {
  it('split at the last dash', () => {
    expect(parseLogDirectoryName('a-b.c_1-12')).toEqual({ kind: 'log', topic: 'a-b.c_1', partition: 12 })
    expect(parseLogDirectoryName('__cluster_metadata-0')).toMatchObject({ topic: '__cluster_metadata', partition: 0 })
  })

  it('tell retired and unknown ones', () => {
    expect(parseLogDirectoryName('g-dead-0.1dfbdf9437c1490fa5c6d05adc9fb8a5-delete')).toEqual({ kind: 'delete' })
    expect(parseLogDirectoryName('t-0.1dfbdf9437c1490fa5c6d05adc9fb8a5-stray')).toEqual({ kind: 'stray' })
    expect(parseLogDirectoryName('t-0.1dfbdf9437c1490fa5c6d05adc9fb8a5-future')).toEqual({
      kind: 'future',
      topic: 't',
      partition: 0,
    })
    for (const name of ['lost+found', 'topic', 'topic-', '-1', 'topic-01', 'topic-99999999999', 'tö-1']) {
      expect(parseLogDirectoryName(name), name).toEqual({ kind: 'unknown' })
    }
  })

  it('are cut to what a file system takes', () => {
    const name = retiredDirectoryName({ topic: 'x'.repeat(249), partition: 7 }, 'a'.repeat(32), 'delete')
    expect(name).toHaveLength(255)
    expect(name.endsWith(`x-7.${'a'.repeat(32)}-delete`)).toBe(true)
    expect(parseLogDirectoryName(name)).toEqual({ kind: 'delete' })
  })
})
