/** Compacted topics, seen by a client. */
import { encodeBatch, openBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { createTopic, expectNone, fetchOnce, tryProduce } from './actions.ts'
import { eventually, type Node, withNode } from './node.ts'
import { Wire } from './wire.ts'

const often = { 'log.cleaner.backoff.ms': '1' }
const compacted = {
  'cleanup.policy': 'compact',
  'segment.bytes': '1048576',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '0',
}

async function withWire(config: Record<string, string>, use: (wire: Wire, node: Node) => Promise<void>) {
  await withNode({ config }, async (node) => {
    const wire = await Wire.connect(node.bootstrapServers)
    try {
      await use(wire, node)
    } finally {
      wire.close()
    }
  })
}

/** Writes rounds of the same keys, each of about 300 kB, so that segments fill. */
async function fill(wire: Wire, topic: string, roundCount: number): Promise<void> {
  for (let round = 0; round < roundCount; round++) {
    const records = ['a', 'b', 'c'].map((key) => {
      return { timestamp: Date.now(), key, value: `${key}${round}`.padEnd(100_000, '.') }
    })
    expectNone((await tryProduce(wire, topic, encodeBatch(records))).errorCode, 'produce')
  }
}

async function recordsFrom(
  wire: Wire,
  topic: string,
): Promise<[offset: number, key: string, value: string | undefined][]> {
  const found: [number, string, string | undefined][] = []
  for (let offset = 0; ; ) {
    const { records, highWatermark } = await fetchOnce(wire, topic, offset)
    const bytes = records as Buffer | null
    if (bytes === null || bytes.length === 0) return found
    for (let at = 0; at < bytes.length; ) {
      const batch = openBatch(bytes, at)
      for (const record of batch.records()) {
        if (record.offset >= offset) {
          found.push([record.offset, String(record.key), record.value?.toString().replaceAll('.', '')])
        }
      }
      offset = batch.lastOffset + 1
      at += batch.size
    }
    if (offset >= highWatermark) return found
  }
}

describe('a topic with cleanup.policy=compact', () => {
  it('keeps the last value of each key at its offset, over a restart too', () =>
    withWire(often, async (wire, node) => {
      await createTopic(wire, 'state', 1, compacted)
      await fill(wire, 'state', 12)
      const kept = await eventually(async () => {
        const records = await recordsFrom(wire, 'state')
        return records.length < 20 ? records : undefined
      })
      expect(kept.slice(-3)).toEqual([
        [33, 'a', 'a11'],
        [34, 'b', 'b11'],
        [35, 'c', 'c11'],
      ])
      expect(kept.map(([offset]) => offset)).toEqual(kept.map(([offset]) => offset).toSorted((a, b) => a - b))
      wire.close()
      await node.restart()
      const again = await Wire.connect(node.bootstrapServers)
      expect((await recordsFrom(again, 'state')).slice(-3)).toEqual(kept.slice(-3))
      expect(
        (await tryProduce(again, 'state', encodeBatch([{ timestamp: 1, key: 'a', value: null }]))).baseOffset,
      ).toBe(36)
      again.close()
    }))

  it('loses a key that was deleted, once delete.retention.ms is over', () =>
    withWire(often, async (wire) => {
      await createTopic(wire, 'state', 1, compacted)
      expectNone(
        (await tryProduce(wire, 'state', encodeBatch([{ timestamp: 1, key: 'x', value: 'old' }]))).errorCode,
        'old',
      )
      expectNone(
        (await tryProduce(wire, 'state', encodeBatch([{ timestamp: 1, key: 'x', value: null }]))).errorCode,
        'gone',
      )
      await eventually(async () => {
        await fill(wire, 'state', 4)
        return (await recordsFrom(wire, 'state')).some(([, key]) => key === 'x') ? undefined : true
      })
    }))

  it('is left alone with log.cleaner.enable=false', () =>
    withWire({ ...often, 'log.cleaner.enable': 'false' }, async (wire) => {
      await createTopic(wire, 'state', 1, compacted)
      await fill(wire, 'state', 8)
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
      expect(await recordsFrom(wire, 'state')).toHaveLength(24)
    }))
})
