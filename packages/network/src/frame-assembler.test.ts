import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { FrameAssembler, type FrameErrorCode, PartialFrameBudget } from './frame-assembler.ts'

function frame(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}

const assembler = (sizeMax = 1000, budget = new PartialFrameBudget(10_000)) => new FrameAssembler(sizeMax, budget)

describe('FrameAssembler', () => {
  it('cuts several frames out of one chunk without copying them', () => {
    const chunk = Buffer.concat([frame('one'), frame(''), frame('three')])
    const frames = assembler().push(chunk)
    expect(frames.map(String)).toEqual(['one', '', 'three'])
    expect(frames[2]?.buffer).toBe(chunk.buffer)
  })

  it('assembles the same frames whatever the grouping of bytes', () => {
    const random = seededRandom(4)
    const bodies = Array.from({ length: 60 }, () => random.bytes(random.uint32() % 300))
    const stream = Buffer.concat(bodies.map(frame))
    for (let round = 0; round < 100; round++) {
      const budget = new PartialFrameBudget(10_000)
      const subject = assembler(1000, budget)
      const frames: Buffer[] = []
      for (let position = 0; position < stream.length; ) {
        const size = 1 + (random.uint32() % (round + 1))
        frames.push(...subject.push(stream.subarray(position, position + size)))
        position += size
      }
      expect(Buffer.concat(frames.map(frame)).equals(stream)).toBe(true)
      expect(budget.size).toBe(0)
      expect(subject.hasPartialFrame).toBe(false)
    }
  })

  it.each<[string, Buffer, FrameErrorCode, string]>([
    ['a negative size', Buffer.from('ffffffff', 'hex'), 'negative-size', '-1'],
    ['a size over the limit', Buffer.from('000003e9', 'hex'), 'too-large', '1001'],
    ['a TLS hello', Buffer.from('16030100f8', 'hex'), 'not-kafka', 'TLS'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n'), 'not-kafka', 'HTTP'],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH'), 'not-kafka', 'SSH'],
  ])('refuses %s, whole or byte by byte', (_, bytes, code, text) => {
    const whole = () => assembler().push(bytes)
    expect(whole).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }))
    const subject = assembler()
    const bytewise = () => {
      for (const byte of bytes) subject.push(Buffer.of(byte))
    }
    expect(bytewise).toThrow(expect.objectContaining({ code }))
  })

  it('keeps unfinished frames of all connections under one cap, and gives back what a closed one held', () => {
    const budget = new PartialFrameBudget(1000)
    const first = assembler(1000, budget)
    first.push(frame(Buffer.alloc(900)).subarray(0, 600))
    expect(budget.size).toBe(600)
    const second = assembler(1000, budget)
    expect(() => second.push(frame(Buffer.alloc(900)).subarray(0, 600))).toThrow(
      expect.objectContaining({ code: 'too-many-partial-bytes' }),
    )
    second.clear()
    first.clear()
    expect(budget.size).toBe(0)
  })
})
