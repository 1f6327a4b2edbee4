/** Authorised operations as bit fields: what an answer says the caller may do. Bit numbers are Kafka's operation codes. */

const operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

function bits(...names: (keyof typeof operation)[]): number {
  return names.reduce((field, name) => field | (1 << operation[name]), 0)
}

/** The caller did not ask. */
export const operationsNotAsked = -2147483648

/** All that can be done with a topic: without an authorizer everybody may do everything. */
export const topicOperations = bits(
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'describeConfigs',
  'alterConfigs',
)

export const groupOperations = bits('read', 'delete', 'describe', 'describeConfigs', 'alterConfigs')

export const clusterOperations = bits(
  'create',
  'alter',
  'describe',
  'clusterAction',
  'describeConfigs',
  'alterConfigs',
  'idempotentWrite',
)
