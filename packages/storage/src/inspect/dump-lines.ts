/** Entries of a dump as lines of text. */
import type { FoundRecord } from './batch-records.ts'
import type { FoundBatch } from './batch-walk.ts'
import type { DumpEntry } from './dump.ts'
import type { IndexEntry } from './dump-index.ts'
import { cutText } from './shown.ts'

/** One line, without line end. */
export function dumpLine(entry: DumpEntry): string {
  switch (entry.kind) {
    case 'file':
      return `${entry.path}  (${entry.fileKind}, ${entry.size} bytes)`
    case 'batch':
      return `  ${batchText(entry)}`
    case 'record':
      return `    ${recordText(entry)}`
    case 'gap':
      return `  position ${entry.position}, ${entry.size} bytes: NO BATCH: ${entry.problem}`
    case 'index-entry':
      return `  ${indexText(entry)}${note(entry.problem)}`
    case 'fields':
      return `  ${entry.of}: ${cutText(fieldsText(entry.fields))}`
    case 'problem':
      return `  position ${entry.position}: NOT READABLE: ${entry.problem}`
  }
}

function note(problem: string | undefined): string {
  return problem === undefined ? '' : `  WRONG: ${problem}`
}

function batchText(batch: FoundBatch): string {
  const offsets =
    batch.baseOffset === batch.lastOffset
      ? `offset ${batch.baseOffset}`
      : `offsets ${batch.baseOffset}-${batch.lastOffset}`
  const parts = [
    `position ${batch.position}`,
    `${batch.size} bytes`,
    offsets,
    `${batch.recordCount} record${batch.recordCount === 1 ? '' : 's'}`,
    `leaderEpoch ${batch.partitionLeaderEpoch}`,
    `codec ${batch.codec}`,
    `${batch.timestampType} ${batch.maxTimestamp}`,
  ]
  if (batch.producerId >= 0) {
    parts.push(`producer ${batch.producerId} epoch ${batch.producerEpoch} sequence ${batch.baseSequence}`)
  }
  if (batch.isTransactional) parts.push('transactional')
  if (batch.isControl) parts.push('control')
  if (batch.hasDeleteHorizon) parts.push(`deleteHorizon ${batch.baseTimestamp}`)
  parts.push(`crc ${batch.crc}${batch.isCrcValid ? '' : ' INVALID'}`)
  return parts.join(', ') + note(batch.problem)
}

function recordText(record: FoundRecord): string {
  const parts = [`offset ${record.offset}`, `timestamp ${record.timestamp}`]
  if (record.sequence !== undefined) parts.push(`sequence ${record.sequence}`)
  const { decoded } = record
  if (decoded === undefined) parts.push(`key ${shownText(record.key)}`, `value ${shownText(record.value)}`)
  else {
    const version = typeof decoded.version === 'number' ? ` v${decoded.version}` : ''
    parts.push(`${decoded.type}${version} ${cutText(JSON.stringify(decoded.fields))}`)
  }
  if (record.headers.length > 0) {
    const headers = record.headers.map(({ key, value }) => `${key}=${shownText(value)}`)
    parts.push(`headers ${cutText(headers.join(' '))}`)
  }
  return parts.join(', ') + note(record.problem)
}

function shownText(value: string | null): string {
  return value === null ? 'null' : cutText(value.startsWith('0x') ? value : JSON.stringify(value))
}

function indexText(entry: IndexEntry): string {
  if (entry.index === 'offset') return `offset ${entry.offset} is in the batch at position ${entry.filePosition}`
  if (entry.index === 'time') return `timestamp ${entry.timestamp} is the latest up to offset ${entry.offset}`
  const { producerId, firstOffset, lastOffset, lastStableOffset } = entry
  return `aborted: producer ${producerId}, offsets ${firstOffset}-${lastOffset}, lastStableOffset ${lastStableOffset}`
}

function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
  return shown.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ')
}
