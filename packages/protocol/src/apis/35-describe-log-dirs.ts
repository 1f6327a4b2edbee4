/**
 * DescribeLogDirs (35): tells sizes and replicas of this broker's log directories.
 *
 * Versions 1 to 5, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: response adds errorCode.
 * - 4: response adds results[].totalBytes, results[].usableBytes.
 * - 5: response adds results[].isCordoned.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const DescribeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  route: 'broker',
  versions: '1-5',
  flexible: 2,
  request: {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ v: '3+', ignorable: true }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({ v: '4+', default: -1, ignorable: true }),
      usableBytes: int64({ v: '4+', default: -1, ignorable: true }),
      isCordoned: bool({ v: '5+', ignorable: true }),
    }),
  },
})

export interface DescribeLogDirsRequest extends Request<typeof DescribeLogDirs> {}
export interface DescribeLogDirsResponse extends Response<typeof DescribeLogDirs> {}
export interface DescribeLogDirsResult extends Item<DescribeLogDirsResponse['results']> {}
