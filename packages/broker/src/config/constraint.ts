/** What must hold between keys: each rule names the keys it reads, and is asked only when these have valid values. */
import type { ConfigValues } from './config-values.ts'
import type { KeyProblem } from './listener.ts'

export interface Constraint {
  readonly keys: readonly string[]
  check(values: ConfigValues): KeyProblem | undefined
}

const cleanerBufferSizeMin = 1024 * 1024

/** `check` answers what is wrong with the first of `keys`. */
function constraint(
  keys: readonly [string, ...string[]],
  check: (values: ConfigValues) => string | undefined,
): Constraint {
  return {
    keys,
    check(values) {
      const message = check(values)
      return message === undefined ? undefined : { key: keys[0], message }
    },
  }
}

const notAbove = (name: string, other: string): Constraint =>
  constraint([name, other], (values) =>
    values.number(name) > values.number(other)
      ? `${name} (${values.number(name)}) must not be above ${other} (${values.number(other)})`
      : undefined,
  )

/** Rules that Apache Kafka has too. Its rules about groups' bounds and TLS are about keys of which only the default is taken. */
const kafkaConstraints: readonly Constraint[] = [
  constraint(['broker.id', 'node.id'], (values) =>
    values.isSet('broker.id') && values.number('broker.id') !== values.number('node.id')
      ? `broker.id (${values.number('broker.id')}) must be the same as node.id (${values.number('node.id')}); leave one out`
      : undefined,
  ),
  notAbove('replica.fetch.wait.max.ms', 'replica.socket.timeout.ms'),
  notAbove('replica.fetch.wait.max.ms', 'replica.lag.time.max.ms'),
  constraint(['log.cleaner.dedupe.buffer.size', 'log.cleaner.threads'], (values) =>
    values.number('log.cleaner.dedupe.buffer.size') < cleanerBufferSizeMin * values.number('log.cleaner.threads')
      ? `log.cleaner.dedupe.buffer.size must be at least ${cleanerBufferSizeMin} for each of the log.cleaner.threads`
      : undefined,
  ),
  constraint(['log.roll.ms'], (values) => {
    const rollMs = values.numberOrNull('log.roll.ms')
    return rollMs !== null && rollMs < 1 ? `log.roll.ms must be at least 1, not ${rollMs}` : undefined
  }),
  ...['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'].map((name) =>
    constraint([name], (values) => {
      const retention = values.numberOrNull(name)
      return retention !== null && retention < 1 && retention !== -1
        ? `${name} must be -1 (no limit) or at least 1, not ${retention}`
        : undefined
    }),
  ),
  constraint(['queued.max.request.bytes', 'socket.request.max.bytes'], (values) => {
    const queuedSizeMax = values.number('queued.max.request.bytes')
    return queuedSizeMax !== -1 && queuedSizeMax < values.number('socket.request.max.bytes')
      ? `queued.max.request.bytes must be -1 or at least socket.request.max.bytes (${values.number('socket.request.max.bytes')})`
      : undefined
  }),
  constraint(['max.connections.per.ip', 'max.connections.per.ip.overrides'], (values) =>
    values.number('max.connections.per.ip') === 0 && values.text('max.connections.per.ip.overrides') === ''
      ? 'max.connections.per.ip is 0, so nobody could connect; name exceptions in max.connections.per.ip.overrides'
      : undefined,
  ),
  constraint(['controller.quorum.voters', 'controller.quorum.bootstrap.servers', 'process.roles'], (values) =>
    !values.list('process.roles').includes('controller') &&
    values.list('controller.quorum.voters').length === 0 &&
    values.list('controller.quorum.bootstrap.servers').length === 0
      ? 'controller.quorum.voters or controller.quorum.bootstrap.servers must say where the controllers are'
      : undefined,
  ),
]

/** What Apache Kafka can do and Millrace can not yet. */
const scopeConstraints: readonly Constraint[] = [
  constraint(['process.roles'], (values) =>
    values.list('process.roles').length < 2
      ? `process.roles=${values.format('process.roles')} is not supported yet; use broker,controller: one process is both`
      : undefined,
  ),
  constraint(['controller.quorum.voters', 'node.id'], (values) => {
    const others = values
      .list('controller.quorum.voters')
      .filter((voter) => !voter.startsWith(`${values.number('node.id')}@`))
    return others.length > 0
      ? `controller.quorum.voters names ${others.join(', ')}: a quorum of several nodes is not supported yet`
      : undefined
  }),
]

export const constraints: readonly Constraint[] = [...kafkaConstraints, ...scopeConstraints]
