/** Every command. `millrace --help` lists them in this order. */
import type { Command } from '../command.ts'
import { clusterDescribeCommand } from './cluster-describe.ts'
import { consumeCommand } from './consume.ts'
import { groupDescribeCommand } from './group-describe.ts'
import { groupListCommand } from './group-list.ts'
import { kafkaConfigCommand } from './kafka-config.ts'
import { logDumpCommand } from './log-dump.ts'
import { logRepairCommand } from './log-repair.ts'
import { logVerifyCommand } from './log-verify.ts'
import { produceCommand } from './produce.ts'
import { startCommand } from './start.ts'
import { topicCreateCommand } from './topic-create.ts'
import { topicDeleteCommand } from './topic-delete.ts'
import { topicDescribeCommand } from './topic-describe.ts'
import { topicListCommand } from './topic-list.ts'

export const commands: readonly Command[] = [
  startCommand,
  produceCommand,
  consumeCommand,
  topicCreateCommand,
  topicListCommand,
  topicDescribeCommand,
  topicDeleteCommand,
  groupListCommand,
  groupDescribeCommand,
  clusterDescribeCommand,
  logDumpCommand,
  logVerifyCommand,
  logRepairCommand,
  kafkaConfigCommand,
]
