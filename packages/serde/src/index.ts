export { SerdeError } from './error.ts'
export { type JsonOptions, json } from './json.ts'
export { bytes, type Serde, string } from './serde.ts'
export type { StandardIssue, StandardResult, StandardSchemaV1 } from './standard-schema.ts'
