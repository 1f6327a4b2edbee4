/** `meta.properties`: which node of which cluster a log directory belongs to, and what is refused (reference 3.6, 4.5). */
import { type Uuid, uuidToBytes } from '@millrace/base'
import { StorageError } from './errors.ts'

export const metaPropertiesFileName = 'meta.properties'
export const metaPropertiesBytesMax = 1 << 20

export interface MetaProperties {
  readonly version: 0 | 1
  /** Any text; undefined only in version 0. */
  readonly clusterId: string | undefined
  readonly nodeId: number
  /** Identifies the directory in the cluster's metadata; missing in directories made before Kafka 3.7. */
  readonly directoryId: Uuid | undefined
}

export function encodeMetaProperties({ version, clusterId, nodeId, directoryId }: MetaProperties): Buffer {
  const lines = ['#', version === 0 ? `broker.id=${nodeId}` : `node.id=${nodeId}`]
  if (directoryId !== undefined) lines.push(`directory.id=${directoryId}`)
  lines.push(`version=${version}`)
  if (clusterId !== undefined) lines.push(`cluster.id=${escapeValue(clusterId)}`)
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1')
}

/** Throws `invalid-directory` for what Kafka refuses to open. */
export function decodeMetaProperties(bytes: Buffer, path: string): MetaProperties {
  const properties = parseProperties(bytes.toString('latin1'))
  const refuse = (detail: string) => new StorageError('invalid-directory', `${path}: ${detail}`, { path })
  const version = properties.get('version')
  if (version !== '0' && version !== '1') {
    throw refuse(version === undefined ? 'version is missing' : `version ${version} is not supported`)
  }
  const idKey = version === '0' ? 'broker.id' : 'node.id'
  const nodeId = properties.get(idKey)
  if (nodeId === undefined || !/^\d{1,10}$/.test(nodeId)) throw refuse(`${idKey} is missing or no node id`)
  const clusterId = properties.get('cluster.id')
  if (clusterId === undefined && version === '1') throw refuse('cluster.id is missing')
  const directoryId = properties.get('directory.id')
  if (directoryId !== undefined && !isDirectoryId(directoryId))
    throw refuse(`directory.id ${directoryId} is no usable uuid`)
  return { version: version === '0' ? 0 : 1, clusterId, nodeId: Number(nodeId), directoryId }
}

/** A UUID outside of the first hundred, which mean things like "unassigned". */
function isDirectoryId(text: string): boolean {
  const bytes = uuidToBytes(text)
  return bytes !== undefined && !(bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] as number) < 100)
}

interface FoundMetaProperties {
  readonly directory: string
  /** Undefined when the directory has no such file. */
  readonly properties: MetaProperties | undefined
}

/** Throws `invalid-directory` unless all directories were formatted, for this node, of one cluster, each with an id of its own. */
export function checkMetaProperties(
  found: readonly FoundMetaProperties[],
  expected: { readonly nodeId: number; readonly clusterId?: string },
): void {
  const refuse = (directory: string, detail: string) =>
    new StorageError('invalid-directory', `log directory ${directory}: ${detail}`, { path: directory })
  const seenIds = new Map<Uuid, string>()
  let clusterId = expected.clusterId
  for (const { directory, properties } of found) {
    if (properties === undefined)
      throw refuse(directory, 'no meta.properties: format it first, or use another directory')
    if (properties.nodeId !== expected.nodeId) {
      throw refuse(directory, `it belongs to node ${properties.nodeId}, this is node ${expected.nodeId}`)
    }
    clusterId ??= properties.clusterId
    if (properties.clusterId !== undefined && properties.clusterId !== clusterId) {
      throw refuse(directory, `it belongs to cluster ${properties.clusterId}, this is cluster ${clusterId}`)
    }
    if (properties.directoryId === undefined) continue
    const other = seenIds.get(properties.directoryId)
    if (other !== undefined) throw refuse(directory, `it has the same directory.id as ${other}`)
    seenIds.set(properties.directoryId, directory)
  }
}

/** Java's properties format: `#` and `!` comments, `=`, `:` or space between key and value, backslash escapes, continued lines. */
function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  const lines = text.split(/\r\n|\r|\n/)
  for (let index = 0; index < lines.length; index++) {
    let line = (lines[index] as string).trimStart()
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && index + 1 < lines.length) {
      line = line.slice(0, -1) + (lines[++index] as string).trimStart()
    }
    const [, key = '', value = ''] = /^((?:\\.|[^\\=:\s])*)(?:\s*[=:]\s*|\s+|$)(.*)$/s.exec(line) ?? []
    properties.set(unescapeValue(key), unescapeValue(value))
  }
  return properties
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescapeValue(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, char: string | undefined) =>
    hex === undefined ? (escapes[char as string] ?? (char as string)) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function escapeValue(text: string): string {
  return text.replace(/^ |[\\=:#!\n\r\t\f]|[^\x20-\x7e]/g, (char) =>
    char >= ' ' && char <= '~' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
