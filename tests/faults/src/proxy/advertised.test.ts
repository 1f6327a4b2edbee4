import { decodeResponse, encodeResponse, FindCoordinator, Heartbeat, joinChunks, Metadata } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { withAdvertised } from './advertised.ts'

const proxy = { host: 'proxy.test', port: 1234 }

describe('withAdvertised', () => {
  it('names the proxy instead of every broker', () => {
    const brokers = [1, 2].map((nodeId) => ({ nodeId, host: 'b', port: 9092 }))
    const frame = joinChunks(encodeResponse(Metadata, 12, 3, { brokers })).subarray(4)
    const { correlationId, body } = decodeResponse(Metadata, 12, withAdvertised(Metadata, 12, frame, proxy))
    expect(correlationId).toBe(3)
    expect(body.brokers).toMatchObject([
      { nodeId: 1, ...proxy },
      { nodeId: 2, ...proxy },
    ])
  })

  it('does so in versions that have the address outside of a list, and leaves alone a coordinator that was not found', () => {
    const found = joinChunks(encodeResponse(FindCoordinator, 3, 3, { host: 'b', port: 9092 })).subarray(4)
    expect(decodeResponse(FindCoordinator, 3, withAdvertised(FindCoordinator, 3, found, proxy)).body).toMatchObject(
      proxy,
    )
    const missing = joinChunks(encodeResponse(FindCoordinator, 3, 3, { errorCode: 15, port: -1 })).subarray(4)
    expect(withAdvertised(FindCoordinator, 3, missing, proxy)).toBe(missing)
  })

  it('leaves other replies alone', () => {
    const frame = joinChunks(encodeResponse(Heartbeat, 4, 3, {})).subarray(4)
    expect(withAdvertised(Heartbeat, 4, frame, proxy)).toBe(frame)
  })
})
