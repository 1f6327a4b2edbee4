import { describe, expect, it } from 'vitest'
import { FrameSplitter, frameSizeMax, withLength } from './frame-splitter.ts'

const frames = ['', 'a', 'two', 'x'.repeat(300)].map((text) => Buffer.from(text))
const stream = Buffer.concat(frames.map(withLength))

describe('FrameSplitter', () => {
  it('gives the same frames however the bytes are cut', () => {
    for (let size = 1; size <= stream.length; size++) {
      const splitter = new FrameSplitter()
      const found: Buffer[] = []
      for (let start = 0; start < stream.length; start += size) {
        found.push(...splitter.push(stream.subarray(start, start + size)))
      }
      expect(found).toEqual(frames)
      expect(splitter.pendingSize).toBe(0)
    }
  })

  it('keeps what is not complete', () => {
    const splitter = new FrameSplitter()
    expect(splitter.push(withLength(Buffer.from('abc')).subarray(0, 6))).toEqual([])
    expect(splitter.pendingSize).toBe(6)
    expect(splitter.push(Buffer.from('c'))).toEqual([Buffer.from('abc')])
  })

  it('refuses a length that no frame has', () => {
    for (const size of [-1, frameSizeMax + 1]) {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(size)
      expect(() => new FrameSplitter().push(bytes)).toThrow(`a frame cannot have ${size} bytes`)
    }
  })
})
