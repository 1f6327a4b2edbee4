/** Reads golden data of Apache Kafka. */
import { readFileSync } from 'node:fs'

/** A JSON file below `test/vectors`. */
export function vectorFile<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`./vectors/${path}`, import.meta.url), 'utf8'))
}

/** A batch as the vectors store it: hex, or the name of a file beside them. */
export function vectorBytes({ hex, file }: { readonly hex?: string; readonly file?: string }): Buffer {
  if (file === undefined) return Buffer.from(hex ?? '', 'hex')
  return readFileSync(new URL(`./vectors/batches/${file}`, import.meta.url))
}
