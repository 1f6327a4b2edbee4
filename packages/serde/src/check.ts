/** Checks a value against a schema, and says what is wrong with it. */
import { reasonOf, SerdeError, shortened } from './error.ts'
import type { StandardIssue, StandardSchemaV1 } from './standard-schema.ts'

const issueCountMax = 5
const messageLengthMax = 200
const pathDepthMax = 16
const keyLengthMax = 64

/** Gives what the schema makes of a value; throws {@link SerdeError}. */
export type Check<T> = (value: unknown) => T

/** Without a schema the type is a promise of the caller. Throws {@link SerdeError} for what is no schema. */
export function checkWith<T>(schema: StandardSchemaV1<unknown, T> | undefined): Check<T> {
  if (schema === undefined) return (value) => value as T
  const { version, validate, vendor } = schema['~standard'] ?? {}
  if (version !== 1 || typeof validate !== 'function') {
    throw new SerdeError('The schema is no Standard Schema v1 validator: it has no ~standard.validate of version 1')
  }
  const name = shortened(String(vendor), keyLengthMax)
  return (value) => outputOf(runValidator(schema, value), name)
}

/** What user code gives may be anything. */
function runValidator<T>({ '~standard': standard }: StandardSchemaV1<unknown, T>, value: unknown): object {
  let result: unknown
  try {
    result = standard.validate(value)
  } catch (cause) {
    throw new SerdeError(`The schema's validator failed: ${reasonOf(cause)}`, { cause })
  }
  if (typeof result === 'object' && result !== null) return result
  throw new SerdeError(`The schema's validator gave no result but ${typeof result}`)
}

function outputOf<T>(result: object, vendor: string): T {
  if ('then' in result && typeof result.then === 'function') {
    // Nobody waits for it: its rejection must not become an unhandled one.
    Promise.resolve(result).catch(() => {})
    throw new SerdeError(
      `The schema (${vendor}) validates asynchronously; records are encoded and decoded synchronously: leave out what needs to wait`,
    )
  }
  const { issues, value } = result as { readonly value?: T; readonly issues?: readonly StandardIssue[] }
  if (!issues) return value as T
  throw new SerdeError(`It does not match the schema: ${describeIssues(issues)}`)
}

function describeIssues(issues: readonly StandardIssue[]): string {
  const listed = issues.slice(0, issueCountMax).map(describeIssue).join('; ')
  const restCount = issues.length - issueCountMax
  return restCount > 0 ? `${listed}; and ${restCount} more` : listed
}

function describeIssue({ path, message }: StandardIssue): string {
  const text = shortened(String(message), messageLengthMax)
  return path === undefined || path.length === 0 ? text : `${describePath(path)}: ${text}`
}

/** As code would say it: `items[0].price`. */
function describePath(path: NonNullable<StandardIssue['path']>): string {
  const text = path
    .slice(0, pathDepthMax)
    .map((segment) => describeKey(typeof segment === 'object' ? segment.key : segment))
    .join('')
    .replace(/^\./, '')
  return path.length > pathDepthMax ? `${text}...` : text
}

function describeKey(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`
  const text = shortened(String(key), keyLengthMax)
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`
}
