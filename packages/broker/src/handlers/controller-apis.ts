/**
 * The APIs that a broker passes on to the active controller: CreateTopics (2 to 7), DeleteTopics (1 to 6), AlterConfigs (0 to 2),
 * CreatePartitions (0 to 3), IncrementalAlterConfigs (0 to 1), DescribeQuorum (0 to 2). What they do is in `controller/`.
 */
import {
  AlterConfigs,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeQuorum,
  IncrementalAlterConfigs,
} from '@millrace/protocol'
import { defineHandler, type TypedApi } from '../handler.ts'

function forwarding<const A extends TypedApi>(api: A) {
  return defineHandler({
    api,
    handle: (request, { apiVersion, principal }, { controller }) =>
      controller.send(api, request, { apiVersion, principal }),
  })
}

export const createTopicsHandler = forwarding(CreateTopics)
export const deleteTopicsHandler = forwarding(DeleteTopics)
export const alterConfigsHandler = forwarding(AlterConfigs)
export const createPartitionsHandler = forwarding(CreatePartitions)
export const incrementalAlterConfigsHandler = forwarding(IncrementalAlterConfigs)
export const describeQuorumHandler = forwarding(DescribeQuorum)
