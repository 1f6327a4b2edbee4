/** Frames between Apache Kafka 4.3.1 and real clients, as a proxy recorded them. */
import { readdirSync, readFileSync } from 'node:fs'

export interface WireFrame {
  readonly client: string
  readonly dir: 'req' | 'res'
  readonly correlationId: number
  readonly apiKey: number
  readonly apiVersion: number
  readonly clientId?: string
  /** Without the 4-byte length. */
  readonly hex: string
}

const root = new URL('./vectors/wire/', import.meta.url)

export function wireFrames(): WireFrame[] {
  return readdirSync(root)
    .sort()
    .flatMap((file) => {
      const lines = readFileSync(new URL(file, root), 'utf8').trim().split('\n')
      return lines.map((line) => ({ client: file.replace('.jsonl', ''), ...JSON.parse(line) }))
    })
}
