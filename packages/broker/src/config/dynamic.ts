/**
 * The dynamic configs of the cluster as this broker sees them: records in, resolved configs out. Layers, highest first: the topic or
 * group itself, this broker, all brokers, the file, the default (reference section 5.2).
 */
import { type ConfigChange, configResourceKey, configResourceType } from '@millrace/metadata'
import { type AlterationContext, alterResource, type ConfigDecision, topicCreation } from './alteration.ts'
import { type BrokerConfig, withDynamicValues } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues } from './config-values.ts'
import {
  type ConfigLayers,
  type DescribedConfig,
  type DescribeOptions,
  type DescribeOutcome,
  describeResource,
  describeTopic,
} from './description.ts'
import { type GroupConfig, groupConfigOf } from './group-config.ts'
import type { ConfigValue } from './key.ts'
import { foreignConfigNotice, resolveResource } from './resource-values.ts'
import { type TopicConfig, topicConfigOf } from './topic-config.ts'
import { topicKeys } from './topic-keys.ts'
import { parseValue } from './value.ts'

export type { ConfigDecision } from './alteration.ts'
export type { DescribedConfig, DescribeOptions, DescribeOutcome } from './description.ts'
export type { GroupConfig } from './group-config.ts'
export type { TopicConfig } from './topic-config.ts'

/** A ConfigRecord of the metadata log. */
export interface ConfigRecord {
  readonly resourceType: number
  readonly resourceName: string
  readonly name: string
  /** Null removes the config. */
  readonly value: string | null
}

/** What changed. Configs of brokers also change every topic and group that has none of its own. */
export interface ConfigChanged {
  readonly resourceType: number
  readonly resourceName: string
}

export type ConfigListener = (changed: ConfigChanged) => void

export interface ConfigRepositoryOptions {
  /** Whether the finalized features include eligible leader replicas; they are on in a new cluster. */
  readonly isElrEnabled?: () => boolean
}

const none: ReadonlyMap<string, string> = new Map()

export class ConfigRepository {
  readonly #file: BrokerConfig
  readonly #isElrEnabled: () => boolean
  readonly #configs = new Map<string, Map<string, string>>()
  readonly #listeners = new Set<ConfigListener>()
  readonly #topics = new Map<string, TopicConfig>()
  #topicDefault: TopicConfig | undefined
  #broker: BrokerConfig

  constructor(file: BrokerConfig, options: ConfigRepositoryOptions = {}) {
    this.#file = file
    this.#broker = file
    this.#isElrEnabled = options.isElrEnabled ?? (() => true)
  }

  /**
   * Takes a record; one that changes nothing is passed over. Answers what to warn of: a value that another version of Kafka put
   * there, and that has no effect here, or not all of it.
   */
  applyRecord({ resourceType, resourceName, name, value }: ConfigRecord): string | undefined {
    const key = configResourceKey(resourceType, resourceName)
    const configs = this.#configs.get(key) ?? new Map<string, string>()
    if ((configs.get(name) ?? null) === value) return undefined
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    if (configs.size === 0) this.#configs.delete(key)
    else this.#configs.set(key, configs)
    this.#changed({ resourceType, resourceName })
    return value === null ? undefined : noticeOf({ resourceType, resourceName, name, value })
  }

  /** The resource is gone, and its configs with it: a topic that was deleted. */
  removeResource(resourceType: number, resourceName: string): void {
    if (this.#configs.delete(configResourceKey(resourceType, resourceName))) {
      this.#changed({ resourceType, resourceName })
    }
  }

  /** Called after every change, when the new configs can be read. Answers how to stop. */
  listen(listener: ConfigListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** The node's configuration with the dynamic configs of brokers over it. A new object after each change of these. */
  get broker(): BrokerConfig {
    return this.#broker
  }

  topicConfig(topic: string): TopicConfig {
    const own = this.configsOf(configResourceType.topic, topic)
    if (own.size === 0) {
      this.#topicDefault ??= this.#resolveTopic(none)
      return this.#topicDefault
    }
    let config = this.#topics.get(topic)
    if (config === undefined) {
      config = this.#resolveTopic(own)
      this.#topics.set(topic, config)
    }
    return config
  }

  groupConfig(group: string): GroupConfig {
    return groupConfigOf(this.#broker.values, this.configsOf(configResourceType.group, group))
  }

  /** What is set on the resource itself. */
  configsOf(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#configs.get(configResourceKey(resourceType, resourceName)) ?? none
  }

  /** DescribeConfigs of one resource. Whether a topic exists is for the caller to know. */
  describe(resourceType: number, resourceName: string, options: DescribeOptions): DescribeOutcome {
    return describeResource(
      resourceType,
      resourceName,
      this.configsOf(resourceType, resourceName),
      this.#layers(),
      options,
    )
  }

  /** All configs of a topic with these of its own, as CreateTopics answers them. */
  describeTopicConfigs(own: ReadonlyMap<string, string>): readonly DescribedConfig[] {
    return describeTopic(own, this.#layers(), { keys: null, includeSynonyms: false, includeDocumentation: false })
  }

  /** One config of a topic with these of its own, as text. */
  topicValue(name: string, own: ReadonlyMap<string, string>): string {
    return resolveResource(topicKeys, this.#broker.values, own).format(name) ?? ''
  }

  /** Judges the configs of a topic that is to be created. */
  validateTopicConfigs(entries: ReadonlyMap<string, string>): ConfigDecision<string> {
    return topicCreation(entries, this.#alterationContext())
  }

  /** Judges changes of one resource, whose configs are `current`: these may be ahead of the records applied here. */
  validateAlter(
    resourceType: number,
    resourceName: string,
    changes: readonly ConfigChange[],
    current: ReadonlyMap<string, string> = this.configsOf(resourceType, resourceName),
  ): ConfigDecision {
    return alterResource({ type: resourceType, name: resourceName }, current, changes, this.#alterationContext())
  }

  #alterationContext(): AlterationContext {
    return { broker: this.#broker, isElrEnabled: this.#isElrEnabled() }
  }

  #layers(): ConfigLayers {
    return {
      broker: this.#broker,
      ownBroker: this.configsOf(configResourceType.broker, String(this.#file.nodeId)),
      allBrokers: this.configsOf(configResourceType.broker, ''),
    }
  }

  #resolveTopic(own: ReadonlyMap<string, string>): TopicConfig {
    return topicConfigOf(resolveResource(topicKeys, this.#broker.values, own))
  }

  #changed(changed: ConfigChanged): void {
    if (changed.resourceType === configResourceType.topic) this.#topics.delete(changed.resourceName)
    if (changed.resourceType === configResourceType.broker) this.#resolveBroker()
    for (const listener of this.#listeners) listener(changed)
  }

  #resolveBroker(): void {
    const { allBrokers, ownBroker } = this.#layers()
    const values = new Map<string, ConfigValue>()
    for (const name of brokerKeys.keys())
      if (this.#file.values.isSet(name)) values.set(name, this.#file.values.get(name))
    for (const [name, text] of [...allBrokers, ...ownBroker]) {
      const value = dynamicBrokerValue(name, text)
      if (value !== undefined) values.set(name, value)
    }
    this.#broker = withDynamicValues(this.#file, new ConfigValues(brokerKeys, values))
    this.#topicDefault = undefined
    this.#topics.clear()
  }
}

/** The value if the key can change at run time and the text is one of its values. */
function dynamicBrokerValue(name: string, text: string): ConfigValue | undefined {
  const key = brokerKeys.get(name)
  if (key === undefined || key.update === 'read-only') return undefined
  const parsed = parseValue(key, text)
  return parsed.kind === 'value' ? parsed.value : undefined
}

function noticeOf({
  resourceType,
  resourceName,
  name,
  value,
}: ConfigRecord & { readonly value: string }): string | undefined {
  const isTopic = resourceType === configResourceType.topic
  if (!isTopic && resourceType !== configResourceType.broker) return undefined
  const notice = foreignConfigNotice(isTopic ? topicKeys : brokerKeys, name, value)
  if (notice === undefined) return undefined
  if (isTopic) return `Topic ${resourceName}: ${notice}`
  return resourceName === '' ? `All brokers: ${notice}` : `Broker ${resourceName}: ${notice}`
}
