/** Every operation of an administrator that the broker serves has a method of the admin client. */
import { Admin } from '@millrace/admin'
import { ApiVersions, apiByKey } from '@millrace/protocol'
import { expect, it } from 'vitest'
import { withNode } from './node.ts'
import { Wire } from './wire.ts'

/** By API: the method, or who else it is for. */
const covered: Readonly<Record<string, string | { readonly why: string }>> = {
  Produce: 'clients',
  Fetch: 'clients',
  InitProducerId: 'clients',
  OffsetForLeaderEpoch: 'clients',
  FindCoordinator: 'clients',
  ApiVersions: 'clients',
  JoinGroup: 'groups',
  SyncGroup: 'groups',
  Heartbeat: 'groups',
  Metadata: 'describeTopics',
  DescribeTopicPartitions: { why: 'Metadata tells the same' },
  ListOffsets: 'listOffsets',
  OffsetCommit: 'alterGroupOffsets',
  OffsetFetch: 'listGroupOffsets',
  OffsetDelete: 'deleteGroupOffsets',
  LeaveGroup: 'removeGroupMembers',
  DescribeGroups: 'describeGroups',
  ListGroups: 'listGroups',
  DeleteGroups: 'deleteGroups',
  CreateTopics: 'createTopics',
  DeleteTopics: 'deleteTopics',
  CreatePartitions: 'createPartitions',
  DeleteRecords: 'deleteRecords',
  DescribeConfigs: 'describeConfigs',
  IncrementalAlterConfigs: 'alterConfigs',
  AlterConfigs: { why: 'it sets back what it does not name; IncrementalAlterConfigs does not' },
  ListConfigResources: 'listConfigResources',
  DescribeCluster: 'describeCluster',
  DescribeQuorum: 'describeQuorum',
  DescribeLogDirs: 'describeLogDirs',
  AlterReplicaLogDirs: 'alterReplicaLogDirs',
  DescribeProducers: 'describeProducers',
}

it('the admin client has a method for each operation that the broker serves', () =>
  withNode({}, async (node) => {
    const wire = await Wire.connect(node.bootstrapServers)
    const { apiKeys } = await wire.send(ApiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    wire.close()
    const served = apiKeys.map(({ apiKey }) => apiByKey(apiKey)?.name ?? `API ${apiKey}`)
    expect(served.filter((name) => covered[name] === undefined)).toEqual([])
    for (const name of served) {
      const by = covered[name]
      if (typeof by !== 'string' || ['clients', 'groups', 'brokers'].includes(by)) continue
      expect(Admin.prototype, name).toHaveProperty(by)
    }
  }))
