import { describe, expect, it } from 'vitest'
import { type Sample, sampleTable } from './sample.ts'

const sample = (rate: number, more: Record<string, number> = {}): Sample => ({
  count: rate * 2,
  elapsedMs: 2000,
  clientCpuSeconds: 1,
  brokerCpuSeconds: 0.5,
  clientPeakSize: 2 ** 27,
  brokerPeakSize: 2 ** 26,
  more,
})

describe('sampleTable', () => {
  it('compares the reference with all', () => {
    const scores = [
      { name: 'ours', samples: [sample(2e6), sample(1e6), sample(3e6)], failure: undefined },
      { name: 'theirs', samples: [sample(1e6), sample(0.5e6), sample(1e6)], failure: undefined },
      { name: 'absent', samples: [], failure: 'no network\nat all' },
    ]
    const { head, rows } = sampleTable('', scores, { subject: 'client', recordSize: 100, reference: 'ours' })
    expect(rows).toEqual([
      ['ours', '2.00 M', '1.00 M – 3.00 M', '200', '1.00 ×', '0.250', '0.125', '128 MiB', '64.0 MiB'],
      ['theirs', '1.00 M', '500 k – 1.00 M', '100', '2.00 ×', '0.500', '0.250', '128 MiB', '64.0 MiB'],
      ['absent', 'failed: no network'],
    ])
    expect(rows[0]).toHaveLength(head.length)
  })

  it('takes more columns, and the ratio of brokers', () => {
    const scores = [{ name: 'a', samples: [sample(1e6, { p99Ms: 3 })], failure: 'later' }]
    const columns = [{ title: 'p99 ms', value: ({ more }: Sample) => more.p99Ms ?? 0, format: String }]
    const options = { subject: 'broker', recordSize: 100, reference: 'a', hasBrokerRatio: true, columns }
    const { head, rows } = sampleTable('', scores, options)
    expect(head).toContain('p99 ms')
    expect(rows[0]).toHaveLength(head.length)
    expect(rows[0]?.[0]).toBe('a (1 of its runs)')
    expect(rows[0]?.[head.indexOf('p99 ms')]).toBe('3')
  })
})
