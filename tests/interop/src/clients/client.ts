/** What the suite asks of every client: a program that produces what is written to it, and one that prints what it consumes. */
import type { Child } from '@millrace/peers'
import type { ReceivedRecord } from '../delivery.ts'
import type { ClientName, Codec } from '../plan.ts'
import type { PackageRecord } from '../record-set.ts'

export interface ProduceRequest {
  readonly address: string
  readonly topic: string
  readonly codec: Codec
}

export interface ConsumeRequest {
  readonly address: string
  readonly topic: string
  readonly group: string
  /** Index of this member in its group. */
  readonly member: number
  readonly onRecord: (record: ReceivedRecord) => void
}

export interface Client {
  readonly name: ClientName
  /** A producer that waits for all in-sync replicas, keeps the order, and tries again through an outage of a minute. */
  startProducer(request: ProduceRequest): Child
  /** How a record is written to the producer's standard input. */
  encode(record: PackageRecord): Buffer
  /** What its output says it could not deliver although it ended with 0; undefined when all is well. */
  undelivered?(child: Child): string | undefined
  /** A member of a consumer group that starts at the beginning, and commits and leaves when it is asked to end. */
  startMember(request: ConsumeRequest): Child
  /** Codes of a clean end after SIGTERM besides 0. */
  readonly stopCodes?: readonly number[]
}
