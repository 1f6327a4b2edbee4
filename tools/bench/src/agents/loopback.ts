/** Sends frames of `frameSize` bytes to a local port for `durationMs`, as fast as the socket takes them. */
import { connect } from 'node:net'
import { finish, givenArguments, untilTurn } from './stage.ts'

const given = givenArguments()
const frame = Buffer.alloc(given.number('frameSize'), 1)
const socket = connect(given.number('port'), '127.0.0.1')
await new Promise((resolve) => socket.once('connect', resolve))
await untilTurn()
const startedMs = performance.now()
const endMs = startedMs + given.number('durationMs')
let count = 0
while (performance.now() < endMs) {
  await new Promise((resolve) => socket.write(frame, resolve))
  count++
}
await finish({ count, elapsedMs: performance.now() - startedMs })
