/**
 * AddPartitionsToTxn (24): adds partitions to a transaction, or verifies that they are in it.
 *
 * Versions 0 to 5, flexible from 3. What changed:
 * - 3: flexible.
 * - 4: request adds transactions; drops v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch,
 *   v3AndBelowTopics; response adds errorCode, resultsByTransaction; drops resultsByTopicV3AndBelow.
 * - 1, 2, 5: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, int64, string } from '../schema/field.ts'

const addPartitionsToTxnTopic = {
  name: string(),
  partitions: array(int32()),
}

const addPartitionsToTxnPartitionResult = { partitionIndex: int32(), partitionErrorCode: int16() }

const addPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
}

export const AddPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  route: 'transaction',
  versions: '0-5',
  flexible: 3,
  request: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: bool(),
        topics: array(addPartitionsToTxnTopic),
      },
      { v: '4+' },
    ),
    v3AndBelowTransactionalId: string({ v: '0-3' }),
    v3AndBelowProducerId: int64({ v: '0-3' }),
    v3AndBelowProducerEpoch: int16({ v: '0-3' }),
    v3AndBelowTopics: array(addPartitionsToTxnTopic, { v: '0-3' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ v: '4+', ignorable: true }),
    resultsByTransaction: array(
      {
        transactionalId: string(),
        topicResults: array(addPartitionsToTxnTopicResult),
      },
      { v: '4+' },
    ),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult, { v: '0-3' }),
  },
})

export interface AddPartitionsToTxnRequest extends Request<typeof AddPartitionsToTxn> {}
export interface AddPartitionsToTxnResponse extends Response<typeof AddPartitionsToTxn> {}
export interface AddPartitionsToTxnTransaction extends Item<AddPartitionsToTxnRequest['transactions']> {}
export interface AddPartitionsToTxnResult extends Item<AddPartitionsToTxnResponse['resultsByTransaction']> {}
