/** What to say about a key of the file that is in no table: gone, part of something not supported, or misspelt. */
import { brokerKeys } from './broker-keys.ts'
import { millraceKeys } from './millrace-keys.ts'

/** Keys that older versions of Apache Kafka had; a name that ends in a dot stands for all that begin with it. */
const removed: readonly string[] = [
  'zookeeper.',
  'inter.broker.protocol.version',
  'log.message.format.version',
  'log.message.downconversion.enable',
  'log.message.timestamp.difference.max.ms',
  'controlled.shutdown.max.retries',
  'controlled.shutdown.retry.backoff.ms',
  'offsets.commit.required.acks',
]

/** Keys of Apache Kafka's plug-ins and of single listeners, which are in no table of its either. */
const plugIns: readonly string[] = [
  'super.users',
  'allow.everyone.if.no.acl.found',
  'listener.name.',
  'rsm.config.',
  'rlmm.config.',
  'config.providers.',
]

const nameLengthMax = 128
const distanceMax = 3

const matches = (name: string) => (each: string) => (each.endsWith('.') ? name.startsWith(each) : name === each)

export function explainUnknownKey(name: string): string {
  if (removed.some(matches(name))) return `${name} was removed in Apache Kafka 4; leave it out`
  if (plugIns.some(matches(name))) return `${name} is not supported yet`
  const shown = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}...` : name
  const near = nearestName(name, [...brokerKeys.keys(), ...millraceKeys.keys()])
  return near === undefined
    ? `${shown} is not a key of Apache Kafka 4.3 or of Millrace; leave it out`
    : `${shown} is not a known key; did you mean ${near}?`
}

function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > nameLengthMax) return undefined
  let nearest: string | undefined
  let smallest = distanceMax + 1
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= smallest) continue
    const distance = editDistance(name, candidate)
    if (distance < smallest) {
      smallest = distance
      nearest = candidate
    }
  }
  return nearest
}

/** Characters to insert, drop or replace to make one of the other. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replace = (previous[column - 1] as number) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replace, (previous[column] as number) + 1, (current[column - 1] as number) + 1))
    }
    previous = current
  }
  return previous[right.length] as number
}
