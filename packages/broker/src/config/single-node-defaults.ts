/** What a single Millrace node sets where Apache Kafka's defaults want a cluster or a decision: used by the tools that start one. */

export interface SingleNodeDefault {
  readonly name: string
  readonly value: string
  /** Why Kafka's default, or its lack of one, does not do. */
  readonly reason: string
}

export const singleNodeDefaults: readonly SingleNodeDefault[] = [
  { name: 'process.roles', value: 'broker,controller', reason: 'required; one process is the whole cluster' },
  { name: 'node.id', value: '1', reason: 'required' },
  {
    name: 'listeners',
    value: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:0',
    reason: 'nothing outside of the machine is served unless asked for; nobody else needs the port of the controller',
  },
  { name: 'controller.listener.names', value: 'CONTROLLER', reason: 'required' },
  { name: 'offsets.topic.replication.factor', value: '1', reason: 'three replicas need three brokers' },
  { name: 'transaction.state.log.replication.factor', value: '1', reason: 'three replicas need three brokers' },
  { name: 'transaction.state.log.min.isr', value: '1', reason: 'one replica can not have two in sync' },
  { name: 'share.coordinator.state.topic.replication.factor', value: '1', reason: 'three replicas need three brokers' },
  { name: 'share.coordinator.state.topic.min.isr', value: '1', reason: 'one replica can not have two in sync' },
  {
    name: 'group.initial.rebalance.delay.ms',
    value: '0',
    reason:
      'the first member of a group begins at once, as with the server.properties that comes with Kafka; more members rebalance it',
  },
]

/** {@link singleNodeDefaults} with what the user sets in place of them or besides: ready for `parseBrokerConfig`. */
export function singleNodeProperties(overrides: Iterable<readonly [string, string]> = []): Map<string, string> {
  return new Map([...singleNodeDefaults.map(({ name, value }) => [name, value] as const), ...overrides])
}
