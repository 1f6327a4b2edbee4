/** Configs of topics, brokers and groups are altered: records that set or remove single keys. Rules of values come from outside. */
import { ErrorCode, type MetadataRecord } from '@millrace/protocol'
import { configResourceKey, configResourceType, type MetadataImage } from '../image.ts'
import type { Decision } from './decision.ts'

/** IncrementalAlterConfigs operations. */
export const configOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigChange {
  readonly name: string
  /** One of {@link configOperation}; a legacy AlterConfigs is `set` for what it names and `delete` for all else. */
  readonly operation: number
  readonly value: string | null
}

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly changes: readonly ConfigChange[]
}

export interface ConfigProblem {
  readonly errorCode: number
  readonly message: string | null
}

/** The configs that a resource ends up with, or why it cannot. */
export type ConfigValidator = (
  resourceType: number,
  resourceName: string,
  current: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
) => ConfigProblem | { readonly result: ReadonlyMap<string, string> }

export interface AlteredResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

const none: ReadonlyMap<string, string> = new Map()

/** The configs that were set on a resource itself. */
export function configsOf(
  image: MetadataImage,
  resourceType: number,
  resourceName: string,
): ReadonlyMap<string, string> {
  return image.configs.get(configResourceKey(resourceType, resourceName)) ?? none
}

export function alterConfigs(
  image: MetadataImage,
  resources: readonly ConfigResource[],
  validate: ConfigValidator,
  validateOnly: boolean,
): Decision<readonly AlteredResource[]> {
  const records: MetadataRecord[] = []
  const counts = new Map<string, number>()
  for (const each of resources) {
    const key = configResourceKey(each.resourceType, each.resourceName)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const reply = resources.map((resource): AlteredResource => {
    const { resourceType, resourceName, changes } = resource
    const answer = (errorCode: number, errorMessage: string | null) => {
      return { resourceType, resourceName, errorCode, errorMessage }
    }
    if ((counts.get(configResourceKey(resourceType, resourceName)) ?? 0) > 1) {
      return answer(ErrorCode.INVALID_REQUEST, 'Each resource must appear at most once.')
    }
    if (resourceType === configResourceType.topic && !image.topicIds.has(resourceName)) {
      return answer(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`)
    }
    const current = configsOf(image, resourceType, resourceName)
    const outcome = validate(resourceType, resourceName, current, changes)
    if ('errorCode' in outcome) return answer(outcome.errorCode, outcome.message)
    records.push(...difference(resourceType, resourceName, current, outcome.result))
    return answer(ErrorCode.NONE, null)
  })
  return { records: validateOnly ? [] : records, reply }
}

function difference(
  resourceType: number,
  resourceName: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): MetadataRecord[] {
  const record = (name: string, value: string | null): MetadataRecord => {
    return { type: 'ConfigRecord', version: 0, data: { resourceType, resourceName, name, value } }
  }
  const set = [...after]
    .filter(([name, value]) => before.get(name) !== value)
    .map(([name, value]) => record(name, value))
  const removed = [...before.keys()].filter((name) => !after.has(name)).map((name) => record(name, null))
  return [...set, ...removed]
}
