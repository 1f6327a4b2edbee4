/** What the coordinator has to know of the cluster's topics. The broker answers from its metadata image. */
import type { Uuid } from '@millrace/base'

export interface MetadataView {
  topicIdByName(name: string): Uuid | undefined
  topicNameById(topicId: Uuid): string | undefined
  /** Undefined for a topic that does not exist. */
  partitionCount(name: string): number | undefined
}
