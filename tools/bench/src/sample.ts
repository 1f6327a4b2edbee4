/** What one run of a client against a broker says, and the table of many. */
import type { Score } from './contest.ts'
import { formatCount, formatMebibytes, formatRatio, significant, type Table } from './results/table.ts'
import { medianRatio, summarize } from './statistics.ts'

export interface Sample {
  /** Records. */
  readonly count: number
  readonly elapsedMs: number
  /** User and system time while it worked. */
  readonly clientCpuSeconds: number
  readonly brokerCpuSeconds: number
  /** Bytes, of the whole process. */
  readonly clientPeakSize: number
  readonly brokerPeakSize: number
  /** What else the client said. */
  readonly more: Readonly<Record<string, number>>
}

export const rateOf = ({ count, elapsedMs }: Sample) => (count / elapsedMs) * 1000
const millionsOf = ({ count }: Sample) => count / 1e6
export const clientCpuOf = (sample: Sample) => sample.clientCpuSeconds / millionsOf(sample)
export const brokerCpuOf = (sample: Sample) => sample.brokerCpuSeconds / millionsOf(sample)

/** A column besides those that every table has. */
export interface Column {
  readonly title: string
  readonly value: (sample: Sample) => number
  readonly format: (value: number) => string
}

export interface TableOptions {
  /** What is compared: `client` or `broker`. */
  readonly subject: string
  /** Bytes of keys and values of a record, for MB/s. */
  readonly recordSize: number
  /** Whose ratios to all others are shown, first of those that ran. */
  readonly reference: string
  /** Also the ratio of what brokers used. */
  readonly hasBrokerRatio?: boolean
  readonly columns?: readonly Column[]
}

/** A row for each contender, in the order of the scores. */
export function sampleTable(title: string, scores: readonly Score<Sample>[], options: TableOptions): Table {
  const { subject, recordSize, reference, hasBrokerRatio = false, columns = [] } = options
  const head = [subject, 'records/s', 'min – max', 'MB/s', `${reference} is`]
  head.push('client CPU s/M', 'broker CPU s/M', ...(hasBrokerRatio ? [`${reference} uses`] : []))
  head.push(...columns.map((column) => column.title), 'client peak', 'broker peak')
  const base = scores.find(({ name }) => name === reference)?.samples ?? []
  const rows = scores.map(({ name, samples, failure }) => {
    if (samples.length === 0) return [name, `failed: ${failure?.split('\n')[0] ?? ''}`]
    const ratio = (measure: (sample: Sample) => number) =>
      base.length === 0 ? '' : formatRatio(medianRatio(base.map(measure), samples.map(measure)))
    const median = (measure: (sample: Sample) => number) => summarize(samples.map(measure)).median
    const { median: rate, min, max } = summarize(samples.map(rateOf))
    return [
      failure === undefined ? name : `${name} (${samples.length} of its runs)`,
      formatCount(rate),
      `${formatCount(min)} – ${formatCount(max)}`,
      significant((rate * recordSize) / 1e6),
      ratio(rateOf),
      significant(median(clientCpuOf)),
      significant(median(brokerCpuOf)),
      ...(hasBrokerRatio ? [ratio(brokerCpuOf)] : []),
      ...columns.map(({ value, format }) => format(median(value))),
      formatMebibytes(median((sample) => sample.clientPeakSize)),
      formatMebibytes(median((sample) => sample.brokerPeakSize)),
    ]
  })
  return { title, head, rows }
}
