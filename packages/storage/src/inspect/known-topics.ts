/** The topics that a directory's own metadata log knows: from its newest snapshot and the records after it. */
import type { Uuid } from '@millrace/base'
import { DecodeError, decodeMetadataRecord, openBatch, RecordsError } from '@millrace/protocol'
import { type File, type FileSystem, joinPath, readFully } from '../fs/port.ts'
import { type FoundBatch, isGap, walkBatches } from './batch-walk.ts'
import { type FileName, parseFileName } from './file-kind.ts'

const metadataBatchBytesMax = 64 << 20

/** Topic ids by name; undefined when the metadata cannot be read from its beginning, so that nothing can be said. */
export async function readKnownTopics(
  fileSystem: FileSystem,
  metadataDirectory: string,
): Promise<ReadonlyMap<string, Uuid> | undefined> {
  const files = (await fileSystem.list(metadataDirectory))
    .map(({ name }) => ({ name, ...parseFileName(name) }))
    .filter(({ suffix }) => suffix === '')
  const snapshot = files
    .filter(({ kind }) => kind === 'metadata-snapshot')
    .sort((a, b) => a.baseOffset - b.baseOffset)
    .at(-1)
  const segments = files.filter(({ kind }) => kind === 'segment').sort((a, b) => a.baseOffset - b.baseOffset)
  const from = snapshot?.baseOffset ?? 0
  const isCovered = (segments[0]?.baseOffset ?? 0) <= from
  if (!isCovered || segments.length === 0) return undefined
  const topics = new Topics()
  if (snapshot !== undefined)
    await readTopics(fileSystem, joinPath(metadataDirectory, snapshot.name), snapshot, 0, topics)
  for (const segment of segments) {
    await readTopics(fileSystem, joinPath(metadataDirectory, segment.name), segment, from, topics)
  }
  return topics.isSound ? topics.byName : undefined
}

class Topics {
  readonly byName = new Map<string, Uuid>()
  isSound = true

  take(value: Buffer | null): void {
    if (value === null) return
    const record = decodeMetadataRecord(value)
    if (record.type === 'TopicRecord') this.byName.set(record.data.name, record.data.topicId)
    if (record.type !== 'RemoveTopicRecord') return
    for (const [name, id] of this.byName) if (id === record.data.topicId) this.byName.delete(name)
  }
}

async function readTopics(
  fileSystem: FileSystem,
  path: string,
  name: FileName,
  from: number,
  topics: Topics,
): Promise<void> {
  const file = await fileSystem.open(path, 'read')
  try {
    const nextOffset = name.kind === 'segment' ? name.baseOffset : 0
    for await (const steps of walkBatches(file, { start: 0, end: await file.size(), nextOffset })) {
      for (const step of steps) {
        if (isGap(step) || step.batch.problem !== undefined) topics.isSound = false
        else if (!step.batch.isControl && step.batch.lastOffset >= from) await takeBatch(file, step.batch, topics)
      }
    }
  } finally {
    await file.close()
  }
}

async function takeBatch(file: File, batch: FoundBatch, topics: Topics): Promise<void> {
  if (batch.size > metadataBatchBytesMax) {
    topics.isSound = false
    return
  }
  const bytes = Buffer.allocUnsafe(batch.size)
  await readFully(file, bytes, batch.position)
  try {
    for (const record of openBatch(bytes, 0, { checkCrc: false })) topics.take(record.value)
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof RecordsError)) throw error
    topics.isSound = false
  }
}
