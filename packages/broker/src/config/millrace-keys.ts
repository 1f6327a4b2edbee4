/** The keys that are Millrace's own. They start with `millrace.`, live in the file only, and are never shown to Kafka's clients. */
import { type ConfigTable, key, tableOf, text } from './key.ts'
import { served } from './support.ts'
import { oneOf } from './valid-values.ts'

/** `fsync`: acknowledged when on the disk. `os`: when the operating system has it, as Apache Kafka does by default. */
export type Durability = 'fsync' | 'os'

export const millraceKeys: ConfigTable = tableOf([
  key('millrace.durability', text('fsync', oneOf('fsync', 'os')), 'high', 'read-only', served),
])
