/**
 * The only member of a classic consumer group: joins, reads from where the group is, and commits what it has read. Whenever it
 * does not know what became of a commit, it joins anew, so that the commit cannot take effect later.
 */
import { randomBelow, sleep } from '@millrace/base'
import {
  ErrorCode,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '@millrace/protocol'
import { ConnectionLost, type RawConnection } from './connection.ts'
import { type ClientPorts, tryConnect } from './ports.ts'
import { type FetchPlan, fetchOnce } from './reader.ts'
import { topicIdOf } from './topic.ts'

export interface MemberOptions {
  readonly name: string
  readonly group: string
  readonly topic: string
  readonly partitionCount: number
  readonly fetchVersion: number
  readonly sessionTimeoutMs: number
}

/** The broker said something that means: join again. */
class MustJoin extends Error {}

const heartbeatIntervalMs = 1000

export class GroupMember {
  readonly #ports: ClientPorts
  readonly #options: MemberOptions
  #memberId = ''
  #generationId = -1
  #committedCount = 0
  #isStopping = false

  constructor(ports: ClientPorts, options: MemberOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Commits that were acknowledged. */
  get committedCount(): number {
    return this.#committedCount
  }

  stop(): void {
    this.#isStopping = true
  }

  async run(): Promise<void> {
    const { clock, random } = this.#ports
    while (!this.#isStopping) {
      const connection = await tryConnect(this.#ports, this.#options.name)
      try {
        if (connection !== undefined) await this.#use(connection)
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      } finally {
        connection?.close()
      }
      await sleep(clock, 10 + randomBelow(random, 200))
    }
  }

  async #use(connection: RawConnection): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#serve(connection)
      } catch (error) {
        if (!(error instanceof MustJoin)) throw error
        await sleep(this.#ports.clock, 50)
      }
    }
  }

  /** One membership, from joining on. */
  async #serve(connection: RawConnection): Promise<void> {
    const { clock, random, history } = this.#ports
    const { topic, fetchVersion } = this.#options
    const topicId = await topicIdOf(connection, topic)
    if (topicId === undefined) throw new MustJoin()
    await this.#join(connection)
    const positions = await this.#committed(connection)
    let heartbeatAt = clock.monotonic() + heartbeatIntervalMs
    while (!this.#isStopping) {
      const plan: FetchPlan = {
        topic,
        topicId,
        version: fetchVersion,
        maxWaitMs: randomBelow(random, 300),
        maxBytes: 16 * 1024,
        partitionMaxBytes: 4 * 1024,
      }
      const outcomes = await fetchOnce(connection, history, plan, positions)
      for (const { partition, nextOffset } of outcomes) positions.set(partition, nextOffset)
      if (outcomes.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) await sleep(clock, 100)
      if (randomBelow(random, 2) === 0) await this.#commit(connection, positions)
      if (clock.monotonic() >= heartbeatAt) {
        await this.#beat(connection)
        heartbeatAt = clock.monotonic() + heartbeatIntervalMs
      }
    }
  }

  async #join(connection: RawConnection): Promise<void> {
    const { group, topic, sessionTimeoutMs } = this.#options
    const found = await connection.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
    if (found.coordinators[0]?.errorCode !== ErrorCode.NONE) throw new MustJoin()
    const metadata = encodeConsumerSubscription(0, { topics: [topic] })
    const joined = await connection.send(JoinGroup, 6, {
      groupId: group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: sessionTimeoutMs,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
    if (joined.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      throw new MustJoin()
    }
    this.#expect(joined.errorCode)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    await this.#sync(connection, joined.leader === joined.memberId)
  }

  async #sync(connection: RawConnection, isLeader: boolean): Promise<void> {
    const { group, topic, partitionCount } = this.#options
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
    const assignment = encodeConsumerAssignment(0, { assignedPartitions: [{ topic, partitions }] })
    const synced = await connection.send(SyncGroup, 4, {
      groupId: group,
      generationId: this.#generationId,
      memberId: this.#memberId,
      assignments: isLeader ? [{ memberId: this.#memberId, assignment }] : [],
    })
    this.#expect(synced.errorCode)
  }

  /** Where to read, by partition: what the group has committed, or the beginning. */
  async #committed(connection: RawConnection): Promise<Map<number, number>> {
    const { history } = this.#ports
    const committed = await readGroupOffsets(connection, this.#ports, this.#options)
    if (committed === undefined) throw new MustJoin()
    history.add({ type: 'offsets-ok', ...committed })
    return new Map([...committed.committed].map(([partition, offset]) => [partition, Math.max(0, offset)]))
  }

  async #commit(connection: RawConnection, positions: ReadonlyMap<number, number>): Promise<void> {
    const { history } = this.#ports
    const { group, topic } = this.#options
    const operations = [...positions].map(([partition, offset]) => ({ operation: history.next(), partition, offset }))
    for (const operation of operations) history.add({ type: 'commit', group, ...operation })
    const partitions = operations.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: '',
    }))
    const answer = await connection.send(OffsetCommit, 8, {
      groupId: group,
      generationIdOrMemberEpoch: this.#generationId,
      memberId: this.#memberId,
      topics: [{ name: topic, partitions }],
    })
    const answers = answer.topics[0]?.partitions ?? []
    for (const { operation, partition } of operations) {
      const errorCode = answers.find(({ partitionIndex }) => partitionIndex === partition)?.errorCode
      if (errorCode !== ErrorCode.NONE) continue
      this.#committedCount++
      history.add({ type: 'commit-ok', operation })
    }
    for (const { errorCode } of answers) this.#expect(errorCode)
  }

  async #beat(connection: RawConnection): Promise<void> {
    const answer = await connection.send(Heartbeat, 4, {
      groupId: this.#options.group,
      generationId: this.#generationId,
      memberId: this.#memberId,
    })
    this.#expect(answer.errorCode)
  }

  /** Every error ends the membership: what was under way may have happened or not. */
  #expect(errorCode: number): void {
    if (errorCode === ErrorCode.NONE) return
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    throw new MustJoin()
  }
}

/** Asks what a group has committed; undefined when the coordinator cannot say now. Writes down that it asked. */
export async function readGroupOffsets(
  connection: RawConnection,
  { history }: Pick<ClientPorts, 'history'>,
  { group, topic, partitionCount }: Pick<MemberOptions, 'group' | 'topic' | 'partitionCount'>,
): Promise<{ readonly operation: number; readonly committed: Map<number, number> } | undefined> {
  const operation = history.next()
  history.add({ type: 'offsets', operation, group })
  const partitionIndexes = Array.from({ length: partitionCount }, (_, partition) => partition)
  const asked = [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }]
  const answer = await connection.send(OffsetFetch, 8, { groups: asked, requireStable: true })
  const found = answer.groups[0]
  const partitions = found?.topics[0]?.partitions ?? []
  if (found === undefined || found.errorCode !== ErrorCode.NONE) return undefined
  if (partitions.length !== partitionCount || partitions.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) {
    return undefined
  }
  return {
    operation,
    committed: new Map(partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset])),
  }
}
