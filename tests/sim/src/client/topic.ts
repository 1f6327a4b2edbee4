/** Topics, as far as clients need to know them: creating one, and finding its id. */
import { sleep } from '@millrace/base'
import { CreateTopics, ErrorCode, Metadata } from '@millrace/protocol'
import { ConnectionLost, type RawConnection } from './connection.ts'
import { type ClientPorts, tryConnect } from './ports.ts'

export interface TopicOptions {
  readonly name: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
}

/** The id of a topic that has leaders; undefined while it is not known. Throws ConnectionLost. */
export async function topicIdOf(connection: RawConnection, name: string): Promise<string | undefined> {
  const body = { topics: [{ name }], allowAutoTopicCreation: false }
  const answer = await connection.send(Metadata, 12, body)
  const topic = answer.topics[0]
  if (topic === undefined || topic.errorCode !== ErrorCode.NONE) return undefined
  return topic.partitions.every((partition) => partition.leaderId >= 0) ? topic.topicId : undefined
}

/** Creates a topic, however often it must be asked for. */
export async function createTopic(ports: ClientPorts, topic: TopicOptions): Promise<void> {
  for (;;) {
    const connection = await tryConnect(ports, 'setup')
    try {
      if (connection !== undefined && (await create(connection, topic))) return
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
    } finally {
      connection?.close()
    }
    await sleep(ports.clock, 100)
  }
}

async function create(connection: RawConnection, topic: TopicOptions): Promise<boolean> {
  const configs = Object.entries(topic.configs).map(([name, value]) => ({ name, value }))
  const asked = {
    name: topic.name,
    numPartitions: topic.partitionCount,
    replicationFactor: 1,
    assignments: [],
    configs,
  }
  const answer = await connection.send(CreateTopics, 7, { topics: [asked], timeoutMs: 5000 })
  const { errorCode, errorMessage } = answer.topics[0] ?? { errorCode: -1, errorMessage: 'no answer' }
  if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) return true
  if (errorCode === ErrorCode.INVALID_CONFIG || errorCode === ErrorCode.INVALID_REQUEST) {
    throw new Error(`The topic cannot be created: ${errorMessage}`)
  }
  return false
}
