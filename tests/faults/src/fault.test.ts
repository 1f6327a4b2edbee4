import { encodeRequest, encodeResponse, Heartbeat, InitProducerId, joinChunks } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type Fault, faultName, parseFault, plainKinds, Strike } from './fault.ts'
import { ExchangeLog } from './proxy/exchange-log.ts'

const times = { delayMs: 5, beyondMs: (key: number) => (key === Heartbeat.key ? 70 : 50) }
const faults: readonly Fault[] = [
  ...[...plainKinds, 'reply throttled' as const].map((kind) => ({ kind, at: 7 })),
  { kind: 'reply replaced', at: 12, error: 'NOT_COORDINATOR', place: 'everywhere' },
  { kind: 'reply replaced', at: 12, error: 'NOT_COORDINATOR', place: 'items' },
  { kind: 'request refused', at: 3, error: 'NOT_ENOUGH_REPLICAS', place: 'everywhere' },
]

const envelope = { correlationId: 1, clientId: null }
const heartbeat = joinChunks(encodeRequest(Heartbeat, 4, envelope, {})).subarray(4)
const heartbeatReply = joinChunks(encodeResponse(Heartbeat, 4, 1, {})).subarray(4)
const initialise = joinChunks(encodeRequest(InitProducerId, 4, envelope, { transactionTimeoutMs: 1 })).subarray(4)
const initialiseReply = joinChunks(encodeResponse(InitProducerId, 4, 1, {})).subarray(4)

describe('the name of a fault', () => {
  it('says all about it', () => {
    for (const fault of faults) expect(parseFault(faultName(fault))).toEqual(fault)
    expect(faults.map(faultName)).toContain('reply 7 cut in the middle')
    expect(faults.map(faultName)).toContain('reply 12 replaced by NOT_COORDINATOR in its items')
  })

  it.each([
    'reply 7 eaten',
    'reply dropped',
    'reply 7 replaced',
    'reply 7 replaced by LUCK',
    'reply 7 cut by LUCK',
    '',
  ])('"%s" is none', (name) => {
    expect(parseFault(name)).toBeUndefined()
  })
})

describe('Strike', () => {
  it('strikes once, at its number', () => {
    const log = new ExchangeLog(() => 0)
    const strike = new Strike({ kind: 'request cut', at: 2 }, times)
    const actions = [1, 2, 3].map(() => strike.onRequest(log.begin(1, heartbeat), heartbeat).type)
    expect(actions).toEqual(['pass', 'cut', 'pass'])
    expect(strike.exchange?.number).toBe(2)
    expect(strike.exchange?.note).toBe('request 2 cut')
  })

  it('waits for an exchange that can carry the error', () => {
    const log = new ExchangeLog(() => 0)
    const strike = new Strike({ kind: 'reply replaced', at: 1, error: 'CONCURRENT_TRANSACTIONS' }, times)
    expect(strike.onReply(log.begin(1, heartbeat), heartbeatReply).type).toBe('pass')
    expect(strike.onReply(log.begin(1, initialise), initialiseReply).type).toBe('send')
    expect(strike.exchange?.number).toBe(2)
  })

  it('delays by what a client waits for the reply', () => {
    const log = new ExchangeLog(() => 0)
    const beyond = { kind: 'reply delayed beyond the timeout', at: 1 } as const
    expect(new Strike(beyond, times).onReply(log.begin(1, heartbeat), heartbeatReply)).toEqual({
      type: 'delay',
      delayMs: 70,
    })
    expect(new Strike(beyond, times).onReply(log.begin(1, initialise), initialiseReply)).toEqual({
      type: 'delay',
      delayMs: 50,
    })
  })
})
