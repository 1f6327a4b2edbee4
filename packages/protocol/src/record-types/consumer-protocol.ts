/**
 * What members of classic consumer groups tell each other through the coordinator: their subscription (metadata in JoinGroup)
 * and their assignment (in SyncGroup). An int16 version comes first.
 */
import type { Encodable } from '../schema/schema.ts'
import { ConsumerProtocolAssignment } from './consumer-protocol/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from './consumer-protocol/consumer-protocol-subscription.ts'
import { decodeCompatible, encodeVersioned } from './versioned.ts'

/** Throws EncodeError. */
export function encodeConsumerSubscription(
  version: number,
  subscription: Encodable<typeof ConsumerProtocolSubscription>,
): Buffer {
  return encodeVersioned(ConsumerProtocolSubscription, version, subscription)
}

/** Versions newer than 3 are read as version 3. Throws DecodeError. */
export function decodeConsumerSubscription(bytes: Buffer): {
  readonly version: number
  readonly data: ConsumerProtocolSubscription
} {
  return decodeCompatible(ConsumerProtocolSubscription, bytes)
}

/** Throws EncodeError. */
export function encodeConsumerAssignment(
  version: number,
  assignment: Encodable<typeof ConsumerProtocolAssignment>,
): Buffer {
  return encodeVersioned(ConsumerProtocolAssignment, version, assignment)
}

/** Versions newer than 3 are read as version 3. Throws DecodeError. */
export function decodeConsumerAssignment(bytes: Buffer): {
  readonly version: number
  readonly data: ConsumerProtocolAssignment
} {
  return decodeCompatible(ConsumerProtocolAssignment, bytes)
}
