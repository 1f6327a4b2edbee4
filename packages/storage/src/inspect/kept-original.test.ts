import { describe, expect, it } from 'vitest'
import { logFileName, parseLogFileName } from '../file-names.ts'
import { isKeptOriginal, withoutKeptSuffix } from './kept-original.ts'

describe('the name of an original that a repair kept', () => {
  it('is that of no file of a log, for us and by the endings that Apache Kafka looks for', () => {
    for (const kind of ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const) {
      const kept = `${logFileName(42, kind)}.before-repair-1`
      expect(parseLogFileName(kept)).toBeUndefined()
      expect(kept).not.toMatch(/\.(log|index|timeindex|txnindex|snapshot|deleted|cleaned|swap|checkpoint|part|tmp)$/)
      expect(isKeptOriginal(kept)).toBe(true)
      expect(withoutKeptSuffix(kept)).toBe(logFileName(42, kind))
    }
  })
})
