/** A produce is acknowledged when it arrives, and appended afterwards. */
import { randomBelow } from '@millrace/base'
import { decodeResponse, ErrorCode, Produce } from '@millrace/protocol'
import { acknowledged } from '../checkers/acknowledged.ts'
import { oneValuePerOffset } from '../checkers/one-value-per-offset.ts'
import { type Tap, tapTransport } from './frame-tap.ts'
import type { Plant, PlantContext } from './plant.ts'
import { acknowledge, type ProduceFrame, readProduce } from './produce-frame.ts'

const delayMsMax = 50

/** What the bug knows of a partition: enough to tell the client the right offset. */
interface Guess {
  nextOffset: number
  lastSequence: number
}

export const replyBeforeCommit: Plant = {
  name: 'reply-before-commit',
  fault: 'a produce is acknowledged before its records are in the log',
  foundBy: [acknowledged.name, oneValuePerOffset.name],
  seedCountMax: 20,
  create: () => ({
    // Guesses end with the process: after a crash nothing is known of the log.
    transport: (inner, context) => {
      const guesses = new Map<number, Guess>()
      const later = (delayMs: number, callback: () => void) => void context.clock.schedule(delayMs, callback)
      return tapTransport(inner, later, () => makeTap(guesses, context))
    },
  }),
}

function makeTap(guesses: Map<number, Guess>, { random }: PlantContext): Tap {
  const forwarded: ProduceFrame[] = []
  return {
    request(frame) {
      const request = readProduce(frame)
      if (request === undefined) return { forward: frame }
      const guess = guesses.get(request.partition)
      forwarded.push(request)
      // A retry may be in the log already, at an offset that nobody here knows.
      if (guess === undefined || request.baseSequence !== guess.lastSequence + 1) return { forward: frame }
      const baseOffset = guess.nextOffset
      guess.nextOffset += request.recordCount
      guess.lastSequence = request.lastSequence
      return {
        reply: acknowledge(request, baseOffset),
        forward: frame,
        forwardDelayMs: 1 + randomBelow(random, delayMsMax),
      }
    },
    response(frame) {
      const request = forwarded[0]
      if (request === undefined || frame.readInt32BE(0) !== request.correlationId) return
      forwarded.shift()
      const { body } = decodeResponse(Produce, request.version, frame)
      const answer = body.responses[0]?.partitionResponses[0]
      const known = guesses.get(request.partition)
      if (answer?.errorCode !== ErrorCode.NONE) guesses.delete(request.partition)
      else if (known === undefined || known.lastSequence < request.lastSequence) {
        const nextOffset = answer.baseOffset + request.recordCount
        guesses.set(request.partition, { nextOffset, lastSequence: request.lastSequence })
      }
    },
  }
}
