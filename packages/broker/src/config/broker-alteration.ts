/** Why a dynamic config of a broker, or of all brokers, may not be what somebody wants it to be. */
import { ErrorCode } from '@millrace/protocol'
import type { AlterationContext, Altered, ConfigRefusal } from './alteration.ts'
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues } from './config-values.ts'
import { constraints } from './constraint.ts'
import type { ConfigKey, ConfigValue } from './key.ts'
import { millraceKeys } from './millrace-keys.ts'
import { explainUnknownKey } from './unknown-key.ts'
import { parseValue } from './value.ts'

type Refusal = Omit<ConfigRefusal<string>, 'kind'>

const minInsyncReplicas = 'min.insync.replicas'

/** Thread counts: each change at most doubles or halves them. */
const threadCounts: readonly string[] = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
]

/** `resourceName` is a broker id, or empty for the whole cluster. The first reason in the order in which Kafka looks for them. */
export function brokerRefusal(resourceName: string, altered: Altered, context: AlterationContext): Refusal | undefined {
  const isCluster = resourceName === ''
  return (
    resourceNameRefusal(resourceName, context) ??
    keyRefusal(altered.changed, isCluster) ??
    valueRefusal(altered, context) ??
    minIsrRefusal(altered, isCluster, context)
  )
}

function resourceNameRefusal(name: string, { broker }: AlterationContext): Refusal | undefined {
  if (name === '' || name === String(broker.nodeId)) return undefined
  const message = /^-?\d{1,10}$/.test(name)
    ? `Unexpected broker id, expected ${broker.nodeId}, but received ${name}`
    : `Node id must be an integer, but it is: ${name}`
  return { errorCode: ErrorCode.INVALID_REQUEST, message }
}

function keyRefusal(names: readonly string[], isCluster: boolean): Refusal | undefined {
  const readOnly = names.filter((name) => (brokerKeys.get(name) ?? millraceKeys.get(name))?.update === 'read-only')
  if (readOnly.length > 0) {
    const message = `Cannot update these configs dynamically: [${readOnly.join(', ')}]`
    return { errorCode: ErrorCode.INVALID_REQUEST, message }
  }
  const perBroker = isCluster ? names.filter((name) => brokerKeys.get(name)?.update === 'per-broker') : []
  if (perBroker.length > 0) {
    const message = `Cannot update these configs at default cluster level, broker id must be specified: [${perBroker.join(', ')}]`
    return { errorCode: ErrorCode.INVALID_REQUEST, message }
  }
  for (const name of names) {
    const key = brokerKeys.get(name)
    if (key === undefined) return { errorCode: ErrorCode.INVALID_CONFIG, message: explainUnknownKey(name) }
    if (key.support.kind === 'served' && key.support.onlyAtStart) {
      const message = `Changing ${name} while the broker runs is not supported yet; change it in the file and restart`
      return { errorCode: ErrorCode.INVALID_CONFIG, message }
    }
  }
  return undefined
}

/** Kafka answers INVALID_REQUEST, not INVALID_CONFIG, to broker values that it does not take (KAFKA-13609). */
function valueRefusal({ after, changed }: Altered, { broker }: AlterationContext): Refusal | undefined {
  const invalid = (message: string): Refusal => ({ errorCode: ErrorCode.INVALID_REQUEST, message })
  const merged = new Map<string, ConfigValue>()
  for (const name of brokerKeys.keys()) if (broker.values.isSet(name)) merged.set(name, broker.values.get(name))
  for (const name of changed) {
    const parsed = parseValue(brokerKeys.get(name) as ConfigKey, after.get(name) as string)
    if (parsed.kind === 'problem') return invalid(parsed.message)
    merged.set(name, parsed.value)
  }
  const next = new ConfigValues(brokerKeys, merged)
  for (const name of threadCounts.filter((each) => changed.includes(each))) {
    const message = threadCountProblem(name, broker.values.number(name), next.number(name))
    if (message !== undefined) return invalid(message)
  }
  for (const constraint of constraints.filter(({ keys }) => keys.some((key) => changed.includes(key)))) {
    const problem = constraint.check(next)
    if (problem !== undefined) return invalid(problem.message)
  }
  return undefined
}

function threadCountProblem(name: string, before: number, after: number): string | undefined {
  const start = `Dynamic thread count update validation failed for ${name}=${after}`
  if (after < 1) return `${start}, value should be at least 1`
  if (after < Math.floor(before / 2)) return `${start}, value should be at least half the current value ${before}`
  if (after > before * 2) return `${start}, value should not be greater than double the current value ${before}`
  return undefined
}

/** Eligible leader replicas rest on one minimum for the cluster: it may not vary by broker, and not be taken away. */
function minIsrRefusal(
  { before, after }: Altered,
  isCluster: boolean,
  { isElrEnabled }: AlterationContext,
): Refusal | undefined {
  if (!isElrEnabled) return undefined
  if (!isCluster && before.get(minInsyncReplicas) !== after.get(minInsyncReplicas)) {
    const message = `Broker-level ${minInsyncReplicas} cannot be altered while ELR is enabled.`
    return { errorCode: ErrorCode.INVALID_CONFIG, message }
  }
  if (isCluster && before.has(minInsyncReplicas) && !after.has(minInsyncReplicas)) {
    const message = `Cluster-level ${minInsyncReplicas} cannot be removed while ELR is enabled.`
    return { errorCode: ErrorCode.INVALID_CONFIG, message }
  }
  return undefined
}
