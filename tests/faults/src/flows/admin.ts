/** An administrator's day: topics, configs, records and groups, each step looked at. */
import {
  Admin,
  type ConfigEntry,
  MillraceError,
  type Result,
  type Results,
  type TopicDescription,
} from '@millrace/admin'
import type { ErrorName } from '@millrace/protocol'
import { FaultFailure, must } from '../judges/fault-failure.ts'
import { type Flow, type FlowContext, pause } from './flow.ts'

/** Errors that are answers to an administrator, though they may pass: Admin gives them at once. */
const answers: readonly (string | undefined)[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID', 'REQUEST_TIMED_OUT']
const partitionCount = 2
const grownCount = 4
const recordCount = 5
const lookCountMax = 40
const lookPauseMs = 50

interface StepOptions {
  /** What the broker says when it had done it, and the answer was lost. */
  readonly done?: ErrorName
}

/** Runs one operation as a careful user does: what the fault answered is asked once more, and nothing else is. */
class Steps {
  readonly #context: FlowContext
  current = 'nothing'

  constructor(context: FlowContext) {
    this.#context = context
  }

  /** The values of all items. Undefined for one that had been done already. */
  async results<T>(
    what: string,
    call: () => Promise<Results<T>>,
    options: StepOptions = {},
  ): Promise<Map<string, T | undefined>> {
    const first = await this.value(what, call)
    const isAnswered = [...first.values()].some((result) => !result.ok && this.isInjectedAnswer(result.error))
    const results = isAnswered ? await this.value(`${what} again`, call) : first
    const values = new Map<string, T | undefined>()
    for (const [key, result] of results) values.set(key, this.#valueOf(what, key, result, options))
    return values
  }

  async value<T>(what: string, call: () => Promise<T>): Promise<T> {
    this.current = what
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      if (this.isInjectedAnswer(error)) return await call()
      throw new FaultFailure(`${what} failed: ${error.code}: ${error.message}`)
    }
  }

  /** An error that the fault put there, and that Admin passes on for what it says. */
  isInjectedAnswer({ brokerError }: MillraceError): boolean {
    return answers.includes(brokerError) && brokerError === this.#context.fault?.error
  }

  #valueOf<T>(what: string, key: string, result: Result<T>, { done }: StepOptions): T | undefined {
    if (result.ok) return result.value
    const { error } = result
    // It may have been done the first time: also where the machine was too slow to answer in time.
    const { fault, log } = this.#context
    const mayRepeat = fault !== undefined || log.exchanges.some(({ isLost }) => isLost)
    if (mayRepeat && done !== undefined && error.brokerError === done) return undefined
    throw new FaultFailure(`${what}: ${key}: ${error.code}: ${error.message}`)
  }
}

/** Brokers learn what the controller has decided a moment later: asks again until they have, a few times. */
async function settled<T>(look: () => Promise<T>, isSettled: (found: T) => boolean): Promise<T> {
  for (let count = 1; ; count++) {
    const found = await look()
    if (isSettled(found) || count === lookCountMax) return found
    await pause(lookPauseMs)
  }
}

function isMissing<T>(result: Result<T> | undefined): boolean {
  return result?.ok === false && result.error.brokerError === 'UNKNOWN_TOPIC_OR_PARTITION'
}

/** Whether the broker does not know yet: it lacks the item, or has an old value. Any other error is no reason to ask again. */
function isOld<T>(result: Result<T> | undefined, isNew: (value: T) => boolean): boolean {
  return result?.ok === true ? !isNew(result.value) : isMissing(result)
}

function same<T>(what: string, found: T, expected: T): void {
  must(JSON.stringify(found) === JSON.stringify(expected), () => {
    return `${what} should be ${JSON.stringify(expected)}, and is ${JSON.stringify(found)}`
  })
}

async function topics(admin: Admin, steps: Steps, name: string, other: string): Promise<void> {
  const wanted = [name, other].map((each) => ({ name: each, partitions: partitionCount, replicationFactor: 1 }))
  await steps.results('createTopics', () => admin.createTopics(wanted), { done: 'TOPIC_ALREADY_EXISTS' })
  const names = [name, other]
  // A topic that is not there yet is an answer; any other error is not.
  const hasAll = (results: Results<TopicDescription>) => names.every((each) => !isMissing(results.get(each)))
  const described = await steps.results('describeTopics', () => settled(() => admin.describeTopics(names), hasAll))
  for (const topic of names) {
    same(`partitions of ${topic}`, described.get(topic)?.partitions.length, partitionCount)
  }
  const resource = { type: 'topic', name } as const
  const configs = { 'retention.ms': '123456' }
  await steps.results('alterConfigs', () => admin.alterConfigs([{ ...resource, configs }]))
  const isSet = (entries: ReadonlyMap<string, ConfigEntry>) => entries.get('retention.ms')?.value === '123456'
  const found = await steps.results('describeConfigs', () => {
    return settled(
      () => admin.describeConfigs([resource]),
      (results) => !isOld(results.get(`topic:${name}`), isSet),
    )
  })
  same('retention.ms', found.get(`topic:${name}`)?.get('retention.ms')?.value, '123456')
  await steps.results('createPartitions', () => admin.createPartitions({ [name]: grownCount }), {
    done: 'INVALID_PARTITIONS',
  })
  const grown = await steps.results('describeTopics', () => {
    return settled(
      () => admin.describeTopics([name]),
      (results) => !isOld(results.get(name), ({ partitions }) => partitions.length === grownCount),
    )
  })
  same('partitions after growing', grown.get(name)?.partitions.length, grownCount)
}

async function records(admin: Admin, steps: Steps, topic: string): Promise<void> {
  const targets = [0, 1].map((partition) => ({ topic, partition }))
  const offsets = async (at: 'earliest' | 'latest') => {
    const queries = targets.map((target) => ({ ...target, at }))
    const found = await steps.results(`listOffsets ${at}`, () => admin.listOffsets(queries))
    return [0, 1].map((partition) => found.get(`${topic}-${partition}`)?.offset)
  }
  same('the ends', await offsets('latest'), [recordCount, recordCount])
  const before = targets.map((target) => ({ ...target, before: 2 + target.partition }))
  await steps.results('deleteRecords', () => admin.deleteRecords(before))
  same('the starts', await offsets('earliest'), [2, 3])
}

async function groups(admin: Admin, steps: Steps, topic: string): Promise<void> {
  const group = `${topic}-group`
  const offsets = [0, 1].map((partition) => ({ topic, partition, offset: 3 + partition, metadata: 'by hand' }))
  await steps.results('alterGroupOffsets', () => admin.alterGroupOffsets(group, offsets))
  const committed = await steps.value('listGroupOffsets', () => admin.listGroupOffsets(group))
  const byPartition = committed.map(({ partition, offset, metadata }) => [partition, offset, metadata]).sort()
  same('the offsets', byPartition, [
    [0, 3, 'by hand'],
    [1, 4, 'by hand'],
  ])
  const listed = await steps.value('listGroups', () => admin.listGroups())
  must(
    listed.some(({ groupId }) => groupId === group),
    () => `${group} is not among the groups`,
  )
  const described = await steps.results('describeGroups', () => admin.describeGroups([group]))
  same('the state of the group', described.get(group)?.state, 'Empty')
  await steps.results('deleteGroupOffsets', () => admin.deleteGroupOffsets(group, [{ topic, partition: 0 }]))
  const left = await steps.value('listGroupOffsets', () => admin.listGroupOffsets(group))
  same(
    'the partitions with offsets',
    left.map(({ partition }) => partition),
    [1],
  )
  await steps.results('deleteGroups', () => admin.deleteGroups([group]), { done: 'GROUP_ID_NOT_FOUND' })
}

export const admin: Flow = {
  name: 'admin',
  async prepare({ name }) {
    return [name, `${name}-other`]
  },
  async run(context) {
    const { name, direct } = context
    const other = `${name}-other`
    const client = new Admin(context.client)
    const steps = new Steps(context)
    context.own(client)
    context.describe(() => `the step is ${steps.current}`)
    await topics(client, steps, name, other)
    await direct.produce(name, 2, 0, recordCount)
    const disturbed = context.disturb()
    await records(client, steps, name)
    await disturbed
    await groups(client, steps, name)
    const { brokers } = await steps.value('describeCluster', () => client.describeCluster())
    same('the number of brokers', brokers.length, 1)
    await steps.results('deleteTopics', () => client.deleteTopics([other]), { done: 'UNKNOWN_TOPIC_OR_PARTITION' })
    const gone = await steps.value('describeTopics', () => {
      return settled(
        () => client.describeTopics([other]),
        (results) => isMissing(results.get(other)),
      )
    })
    must(
      isMissing(gone.get(other)),
      () => `${other} was deleted, and is described as ${JSON.stringify(gone.get(other))}`,
    )
    await client.close()
    const names = new Set(await direct.admin.listTopics())
    same('the topics at the end', [names.has(name), names.has(other)], [true, false])
    const groupsLeft = await direct.admin.listGroups()
    same(
      'the group at the end',
      groupsLeft.some(({ groupId }) => groupId === `${name}-group`),
      false,
    )
  },
}
