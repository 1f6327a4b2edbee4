import type { Outgoing } from '@millrace/network'
import { describe, expect, it } from 'vitest'
import { ResponseQueue } from './response-queue.ts'

const chunk = (text: string) => [Buffer.from(text)]

describe('ResponseQueue', () => {
  it('answers in the order of arrival whatever finishes first', () => {
    const written: string[] = []
    const queue = new ResponseQueue((chunks) => written.push(Buffer.concat(chunks as Buffer[]).toString()))
    const [first, second, third] = [queue.reserve(), queue.reserve(), queue.reserve()]
    third.settle(chunk('c'))
    second.settle(undefined)
    expect(written).toEqual([])
    expect(queue.length).toBe(3)
    first.settle(chunk('a'))
    expect(written).toEqual(['ac'])
    expect(queue.length).toBe(0)
  })

  it('releases ranges that are never sent, settled before or after the close', () => {
    let releasedCount = 0
    const range = (): Outgoing[] => [{ byteLength: 1, read: async () => 1, release: () => void releasedCount++ }]
    const queue = new ResponseQueue(() => {})
    const [first, second] = [queue.reserve(), queue.reserve()]
    second.settle(range())
    queue.close()
    first.settle(range())
    expect(releasedCount).toBe(2)
  })
})
