/** `millrace cluster describe` */
import { type Command, exitCode } from '../command.ts'
import { jsonOption, serverOption, withAdmin } from '../connect.ts'
import { writeJson } from '../output.ts'
import { formatTable } from '../table.ts'

export const clusterDescribeCommand: Command = {
  name: 'cluster describe',
  summary: 'Show the brokers and the metadata quorum',
  options: { ...jsonOption, ...serverOption },
  examples: [{ command: 'millrace cluster describe -b 127.0.0.1:19092', summary: 'Who is there?' }],

  async run(input, { terminal }) {
    const { cluster, quorum } = await withAdmin(input, async (admin) => {
      return { cluster: await admin.describeCluster(), quorum: await admin.describeQuorum() }
    })
    if (input.flag('json')) {
      await writeJson(terminal, { ...cluster, quorum })
      return exitCode.ok
    }
    await terminal.write(`Cluster ${cluster.clusterId}\n`)
    await terminal.write(
      `Metadata: led by node ${quorum.leaderId} in epoch ${quorum.leaderEpoch}, committed up to ${quorum.highWatermark}\n\n`,
    )
    const rows = cluster.brokers.map(({ id, host, port, rack }) => [id, `${host}:${port}`, rack])
    await terminal.write(formatTable(['BROKER', 'ADDRESS', 'RACK'], rows))
    return exitCode.ok
  },
}
