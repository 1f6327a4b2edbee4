import { describe, expect, it } from 'vitest'
import {
  checkMetaProperties,
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from './meta-properties.ts'

const kafka = `#
#Sat Nov 21 07:49:08 UTC 2026
node.id=1
directory.id=Q9XLD5-cjoZCrDIHj6PgeQ
version=1
cluster.id=Zml4dHVyZXMtNC4zLjEtMQ
`
const properties: MetaProperties = {
  version: 1,
  clusterId: 'Zml4dHVyZXMtNC4zLjEtMQ',
  nodeId: 1,
  directoryId: 'Q9XLD5-cjoZCrDIHj6PgeQ',
}
const decode = (text: string) => decodeMetaProperties(Buffer.from(text, 'latin1'), '/d/meta.properties')

describe('meta.properties', () => {
  it('reads what Apache Kafka writes, and what it accepts', () => {
    expect(decode(kafka)).toEqual(properties)
    expect(decode('! x\r\n version : 1\nnode.id 1\n\\u0063luster.id=a\\\n   b\\:c\\\\\nother=1\n')).toEqual({
      version: 1,
      clusterId: 'ab:c\\',
      nodeId: 1,
      directoryId: undefined,
    })
    expect(decode('version=0\nbroker.id=7\n')).toMatchObject({ version: 0, nodeId: 7, clusterId: undefined })
  })

  it('comes back as written, with any cluster id', () => {
    for (const clusterId of ['abc', ' a=b:c\\ #!', 'ü\n\t€']) {
      const written = encodeMetaProperties({ ...properties, clusterId })
      expect(decodeMetaProperties(written, 'x')).toEqual({ ...properties, clusterId })
    }
    const old: MetaProperties = { version: 0, nodeId: 3, clusterId: undefined, directoryId: undefined }
    expect(decodeMetaProperties(encodeMetaProperties(old), 'x')).toEqual(old)
  })

  it('refuses what Apache Kafka refuses', () => {
    const cases: [string, string][] = [
      [kafka.replace('version=1', ''), 'version is missing'],
      [kafka.replace('version=1', 'version=2'), 'version 2 is not supported'],
      [kafka.replace('node.id=1', ''), 'node.id is missing'],
      [kafka.replace('node.id=1', 'node.id=x'), 'node.id is missing or no node id'],
      [kafka.replace(/cluster.id.*/, ''), 'cluster.id is missing'],
      [kafka.replace(/directory.id.*/, 'directory.id=x'), 'directory.id x is no usable uuid'],
      [kafka.replace(/directory.id.*/, 'directory.id=AAAAAAAAAAAAAAAAAAAAAA'), 'is no usable uuid'],
    ]
    for (const [text, message] of cases) expect(() => decode(text), text).toThrow(message)
  })

  it('refuses directories that do not belong together', () => {
    const check = (first: MetaProperties | undefined, second: MetaProperties | undefined) => () =>
      checkMetaProperties(
        [
          { directory: '/a', properties: first },
          { directory: '/b', properties: second },
        ],
        { nodeId: 1 },
      )
    const other = { ...properties, directoryId: 'SJa3GXldTX2z310xe9ZQgg' }
    expect(check(properties, other)).not.toThrow()
    expect(check(properties, undefined)).toThrow('/b: no meta.properties')
    expect(check(properties, { ...other, nodeId: 2 })).toThrow('/b: it belongs to node 2, this is node 1')
    expect(check(properties, { ...other, clusterId: 'x' })).toThrow('/b: it belongs to cluster x')
    expect(check(properties, properties)).toThrow('/b: it has the same directory.id as /a')
    expect(() => checkMetaProperties([{ directory: '/a', properties }], { nodeId: 1, clusterId: 'x' })).toThrow(
      'this is cluster x',
    )
  })
})
