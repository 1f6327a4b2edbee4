import { encodeRequest, encodeResponse, Heartbeat, joinChunks } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { ExchangeLog } from './exchange-log.ts'

const lengthSize = 4
const request = (correlationId: number) =>
  joinChunks(encodeRequest(Heartbeat, 4, { correlationId, clientId: 'c' }, { groupId: 'g' })).subarray(lengthSize)
const reply = (correlationId: number) =>
  joinChunks(encodeResponse(Heartbeat, 4, correlationId, { errorCode: 0 })).subarray(lengthSize)

describe('ExchangeLog', () => {
  it('counts the requests of all connections together, and matches replies within each', () => {
    const log = new ExchangeLog(() => 0)
    const numbers = [log.begin(1, request(0)), log.begin(2, request(0)), log.begin(1, request(1))].map(
      ({ number }) => number,
    )
    expect(numbers).toEqual([1, 2, 3])
    expect(log.reply(2, reply(0)).number).toBe(2)
    expect(log.reply(1, reply(0)).number).toBe(1)
    expect(log.reply(1, reply(1)).number).toBe(3)
    expect(log.exchanges[0]).toMatchObject({ apiName: 'Heartbeat', apiVersion: 4, connection: 1, correlationId: 0 })
  })

  it('notices a broker that answers out of turn, or what nobody asked', () => {
    const log = new ExchangeLog(() => 0)
    expect(() => log.reply(1, reply(0))).toThrow('without a request')
    log.begin(1, request(4))
    expect(() => log.reply(1, reply(5))).toThrow('answered 5 where 4 was due')
  })

  it('has as pending what may still be answered', () => {
    const log = new ExchangeLog(() => 0)
    const first = log.begin(1, request(0))
    const second = log.begin(2, request(0))
    log.reply(1, reply(0))
    expect(log.pending).toEqual([first, second])
    first.isAnswered = true
    log.lose(2)
    expect(log.pending).toEqual([])
    expect([first.isLost, second.isLost]).toEqual([false, true])
  })

  it('waits for no reply to a request that the proxy answers', () => {
    const log = new ExchangeLog(() => 0)
    log.withdraw(log.begin(1, request(0)))
    log.begin(1, request(1))
    expect(log.reply(1, reply(1)).number).toBe(2)
  })

  it('tells connections that end together from one that ends alone', () => {
    let nowMs = 0
    const log = new ExchangeLog(() => nowMs)
    log.lose(1)
    nowMs = 50
    log.lose(2)
    nowMs = 52
    log.lose(3)
    expect([1, 2, 3, 4].map((connection) => log.endedWithOthers(connection, 10))).toEqual([false, true, true, false])
  })

  it('tells what happened in the order of time', () => {
    let nowMs = 100
    const log = new ExchangeLog(() => nowMs)
    log.remark('c1 opened')
    nowMs = 105
    const exchange = log.begin(1, request(0))
    nowMs = 117
    log.reply(1, reply(0))
    exchange.isAnswered = true
    exchange.note = 'sent twice'
    log.remark('c1 closed')
    expect(log.lines()).toEqual([
      '     0 ms  c1 opened',
      `     5 ms  #1 c1 Heartbeat v4 (${request(0).length} bytes) -> ${reply(0).length} bytes after 12 ms   <== sent twice`,
      '    17 ms  c1 closed',
    ])
  })
})
