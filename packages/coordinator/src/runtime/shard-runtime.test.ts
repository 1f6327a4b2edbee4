import { ManualClock, silentLogger } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type ToyCommand, toyShard } from '../../test/toy-shard.ts'
import { MemoryLog } from './memory-log.ts'
import type { Outcome } from './shard.ts'
import { ShardRuntime } from './shard-runtime.ts'

const timeoutMs = 5000

/** A promise whose state can be looked at. */
function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const watched: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    watched.value = value
  })
  return watched
}

async function flush(): Promise<void> {
  for (let count = 0; count < 20; count++) await Promise.resolve()
}

async function started(log = new MemoryLog()) {
  const clock = new ManualClock()
  const runtime = new ShardRuntime(toyShard, { clock, logger: silentLogger, topic: '__toy' })
  await runtime.load(0, 1, log)
  const write = (command: ToyCommand) => watch(runtime.write(0, command, timeoutMs))
  const put = (key: string, value: string | null) => write({ kind: 'put', pairs: [[key, value]] })
  return { clock, runtime, log, write, put }
}

const reply = (text: string): Outcome<string> => ({ kind: 'reply', reply: text })
const failed = (errorCode: number): Outcome<string> => ({ kind: 'failed', errorCode })

describe('ShardRuntime', () => {
  it('answers a write when its last entry is committed, not before', async () => {
    const { log, write } = await started()
    const answer = write({
      kind: 'put',
      pairs: [
        ['a', '1'],
        ['b', '2'],
      ],
    })
    log.commitTo(1)
    await flush()
    expect(answer.value).toBeUndefined()
    log.commitTo(2)
    await flush()
    expect(answer.value).toEqual(reply('put'))
  })

  it('decides on what is written, and reads what is committed', async () => {
    const { log, runtime, put, write } = await started()
    put('a', '1')
    const got = write({ kind: 'get', key: 'a' })
    expect(runtime.read(0, 'a')).toEqual(reply('none'))
    await flush()
    // The answer depends on the entry that is not committed, and waits for it.
    expect(got.value).toBeUndefined()
    log.commitAll()
    await flush()
    expect(got.value).toEqual(reply('1'))
    expect(runtime.read(0, 'a')).toEqual(reply('1'))
  })

  it('answers other parked requests with the decision that concerns them, after its commit', async () => {
    const { log, put, write } = await started()
    const waiting = write({ kind: 'wait', key: 'a' })
    put('a', '1')
    await flush()
    expect(waiting.value).toBeUndefined()
    log.commitAll()
    await flush()
    expect(waiting.value).toEqual(reply('saw 1'))
  })

  it('writes what one command decides as one batch', async () => {
    const { log, write } = await started()
    write({
      kind: 'put',
      pairs: [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    })
    expect(log.batchCount).toBe(1)
    expect(log.endOffset).toBe(3)
  })

  it('fails a command whose append is refused, with all it would have answered, and applies nothing', async () => {
    const { log, runtime, put, write } = await started()
    const waiting = write({ kind: 'wait', key: 'a' })
    const bystander = write({ kind: 'wait', key: 'b' })
    log.refuseWith(ErrorCode.NOT_ENOUGH_REPLICAS)
    const answer = put('a', '1')
    await flush()
    expect(answer.value).toEqual(failed(ErrorCode.NOT_ENOUGH_REPLICAS))
    expect(waiting.value).toEqual(failed(ErrorCode.NOT_ENOUGH_REPLICAS))
    expect(bystander.value).toBeUndefined()
    expect(runtime.inspect(0)).toEqual({})
    log.refuseWith(undefined)
    put('b', '2')
    log.commitAll()
    await flush()
    expect(bystander.value).toEqual(reply('saw 2'))
  })

  it('takes back what a failed write lost, and fails the answers that saw it', async () => {
    const { log, runtime, put, write } = await started()
    put('a', '1')
    log.commitAll()
    const kept = put('b', '1')
    const lost = put('a', '2')
    const sawLost = write({ kind: 'get', key: 'a' })
    log.failFrom(2)
    await flush()
    expect([lost.value, sawLost.value, kept.value]).toEqual([failed(15), failed(15), undefined])
    expect(runtime.inspect(0)).toEqual({ a: '1', b: '1' })
    log.commitAll()
    await flush()
    expect(kept.value).toEqual(reply('put'))
    put('a', '3')
    expect(log.endOffset).toBe(3)
  })

  it('takes back a write that fails inside append', async () => {
    const { log, runtime, put } = await started()
    log.failNextAppendAtOnce()
    const answer = put('a', '1')
    await flush()
    expect(answer.value).toEqual(failed(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    expect(runtime.inspect(0)).toEqual({})
  })

  it('stops serving a partition whose log contradicts what was committed', async () => {
    const { log, runtime, put } = await started()
    put('a', '1')
    log.commitAll()
    put('b', '1')
    const waiting = put('c', '1')
    log.failFrom(0)
    await flush()
    expect(waiting.value).toEqual(failed(ErrorCode.NOT_COORDINATOR))
    expect(runtime.read(0, 'a')).toEqual(failed(ErrorCode.NOT_COORDINATOR))
  })

  it('fails everything that waits when leadership is lost', async () => {
    const { runtime, put, write, clock } = await started()
    const answers = [put('a', '1'), write({ kind: 'wait', key: 'b' })]
    write({ kind: 'putLater', key: 'c', value: '1', delayMs: 100 })
    runtime.unload(0)
    await flush()
    expect(answers.map(({ value }) => value)).toEqual([failed(16), failed(16)])
    expect(write({ kind: 'get', key: 'a' }).value).toBeUndefined()
    await flush()
    expect(await runtime.write(0, { kind: 'get', key: 'a' }, timeoutMs)).toEqual(failed(16))
    expect(clock.pendingCount).toBe(0)
    expect(runtime.parkedCount).toBe(0)
  })

  it('gives up waiting for a commit after the timeout, and keeps what is written', async () => {
    const { clock, log, runtime, put } = await started()
    const answer = put('a', '1')
    clock.advance(timeoutMs + 10)
    await flush()
    expect(answer.value).toEqual(failed(ErrorCode.REQUEST_TIMED_OUT))
    log.commitAll()
    expect(runtime.read(0, 'a')).toEqual(reply('1'))
    expect(runtime.parkedCount).toBe(0)
  })

  it('does not limit the wait for another request', async () => {
    const { clock, log, put, write } = await started()
    const waiting = write({ kind: 'wait', key: 'a' })
    clock.advance(10 * timeoutMs)
    put('a', '1')
    log.commitAll()
    await flush()
    expect(waiting.value).toEqual(reply('saw 1'))
  })

  it('refuses requests while very much is uncommitted', async () => {
    const { log, write } = await started()
    const pairs = Array.from({ length: 100_001 }, (_, index) => [`${index % 10}`, `${index}`] as const)
    write({ kind: 'put', pairs })
    const refused = write({ kind: 'get', key: '1' })
    await flush()
    expect(refused.value).toEqual(failed(ErrorCode.COORDINATOR_NOT_AVAILABLE))
    log.commitAll()
    const served = write({ kind: 'get', key: '1' })
    await flush()
    expect(served.value).toEqual(reply('99991'))
  })
})

describe('timers of a shard', () => {
  it('fire as commands, replace each other by key, and can be cancelled', async () => {
    const { clock, log, runtime, write } = await started()
    log.autoCommit()
    write({ kind: 'putLater', key: 'a', value: 'early', delayMs: 100 })
    write({ kind: 'putLater', key: 'a', value: 'late', delayMs: 200 })
    write({ kind: 'putLater', key: 'b', value: 'never', delayMs: 100 })
    write({ kind: 'cancel', key: 'b' })
    clock.advance(150)
    expect(runtime.read(0, 'a')).toEqual(reply('none'))
    clock.advance(100)
    expect([runtime.read(0, 'a'), runtime.read(0, 'b')]).toEqual([reply('late'), reply('none')])
  })

  it('try again when the log refuses what they write', async () => {
    const { clock, log, runtime, write } = await started()
    log.autoCommit()
    write({ kind: 'putLater', key: 'a', value: '1', delayMs: 100 })
    log.refuseWith(ErrorCode.NOT_ENOUGH_REPLICAS)
    clock.advance(110)
    log.refuseWith(undefined)
    expect(runtime.read(0, 'a')).toEqual(reply('none'))
    clock.advance(510)
    expect(runtime.read(0, 'a')).toEqual(reply('1'))
  })
})

describe('loading', () => {
  async function written() {
    const { log, write, put } = await started()
    write({
      kind: 'put',
      pairs: [
        ['a', '1'],
        ['b', '1'],
      ],
    })
    put('a', null)
    log.commitAll()
    put('b', '2')
    return log
  }

  it('replays the log, tombstones too, and knows what of it is committed', async () => {
    const { runtime, log } = await started(await written())
    expect(runtime.inspect(0)).toEqual({ b: '2' })
    expect([runtime.read(0, 'a'), runtime.read(0, 'b')]).toEqual([reply('none'), reply('1')])
    log.failFrom(3)
    expect(runtime.inspect(0)).toEqual({ b: '1' })
  })

  it('answers 14 until it is done, also over many reads', async () => {
    const log = await written()
    log.holdReads()
    const runtime = new ShardRuntime(toyShard, {
      clock: new ManualClock(),
      logger: silentLogger,
      topic: '__toy',
      loadSizeMax: 1,
    })
    const loaded = watch(runtime.load(0, 1, log).then(() => true))
    for (let reads = 0; reads < 3; reads++) {
      expect(await runtime.write(0, { kind: 'get', key: 'a' }, timeoutMs)).toEqual(failed(14))
      expect(runtime.read(0, 'a')).toEqual(failed(14))
      log.releaseRead()
      await flush()
    }
    expect(loaded.value).toBe(true)
    expect(log.readCount).toBe(3)
    expect(runtime.inspect(0)).toEqual({ b: '2' })
  })

  it('is given up when leadership goes meanwhile, and the next one starts afresh', async () => {
    const log = await written()
    log.holdReads()
    const runtime = new ShardRuntime(toyShard, { clock: new ManualClock(), logger: silentLogger, topic: '__toy' })
    const first = runtime.load(0, 1, log)
    runtime.unload(0, 2)
    expect(runtime.read(0, 'b')).toEqual(failed(16))
    const second = runtime.load(0, 3, log)
    log.releaseRead()
    log.releaseRead()
    await Promise.all([first, second])
    expect(runtime.inspect(0)).toEqual({ b: '2' })
  })

  it('fails for good on a log that cannot be read or decoded', async () => {
    const errors: string[] = []
    const logger = { ...silentLogger, error: (message: string) => errors.push(message) }
    for (const log of [MemoryLog.unreadable(), MemoryLog.of(Buffer.alloc(100))]) {
      const runtime = new ShardRuntime(toyShard, { clock: new ManualClock(), logger, topic: '__toy' })
      await runtime.load(0, 1, log)
      expect(runtime.read(0, 'a')).toEqual(failed(16))
      expect(runtime.partitions()).toEqual([{ partition: 0, state: 'failed' }])
    }
    expect(errors).toHaveLength(2)
  })

  it('ignores elections and resignations of older epochs', async () => {
    const { runtime, log } = await started(await written())
    await runtime.load(0, 1, new MemoryLog())
    await runtime.load(0, 0, new MemoryLog())
    runtime.unload(0, 0)
    expect(runtime.inspect(0)).toEqual({ b: '2' })
    runtime.unload(0, 5)
    await runtime.load(0, 4, log)
    expect(runtime.partitions()).toEqual([])
  })
})
