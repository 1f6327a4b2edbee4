/**
 * DescribeConfigs (32): reads configs; those of a broker or its loggers only that broker knows.
 *
 * Versions 1 to 4, flexible from 4. What changed:
 * - 3: request adds includeDocumentation; response adds results[].configs[].configType,
 *   results[].configs[].documentation.
 * - 4: flexible.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string } from '../schema/field.ts'

export const DescribeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  route: 'any',
  versions: '1-4',
  flexible: 4,
  listeners: ['broker', 'controller'],
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullable: '0+' }),
    }),
    includeSynonyms: bool(),
    includeDocumentation: bool({ v: '3+' }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: '0+' }),
        readOnly: bool(),
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        synonyms: array({ name: string(), value: string({ nullable: '0+' }), source: int8() }),
        configType: int8({ v: '3+', ignorable: true }),
        documentation: string({ v: '3+', nullable: '0+', ignorable: true }),
      }),
    }),
  },
})

export interface DescribeConfigsRequest extends Request<typeof DescribeConfigs> {}
export interface DescribeConfigsResponse extends Response<typeof DescribeConfigs> {}
export interface DescribeConfigsResource extends Item<DescribeConfigsRequest['resources']> {}
export interface DescribeConfigsResult extends Item<DescribeConfigsResponse['results']> {}
export interface DescribeConfigsResourceResult extends Item<DescribeConfigsResult['configs']> {}
