/** Standard Schema validators, made by hand. */
import type { StandardIssue, StandardResult, StandardSchemaV1 } from '../src/index.ts'

export interface Order {
  id: string
  amount: number
}

export function schemaOf<T>(
  validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>,
): StandardSchemaV1<unknown, T> {
  return { '~standard': { version: 1, vendor: 'handmade', validate } }
}

function issuesOf(value: unknown): StandardIssue[] {
  if (typeof value !== 'object' || value === null) return [{ message: 'expected an object' }]
  const { id, amount } = value as Partial<Record<keyof Order, unknown>>
  const issues: StandardIssue[] = []
  if (typeof id !== 'string') issues.push({ message: 'expected text', path: ['id'] })
  if (typeof amount !== 'number') issues.push({ message: 'expected a number', path: [{ key: 'amount' }] })
  return issues
}

/** An object with `id` and `amount`; gives these and nothing else. */
export const orderSchema = schemaOf<Order>((value) => {
  const issues = issuesOf(value)
  if (issues.length > 0) return { issues }
  const { id, amount } = value as Order
  return { value: { id, amount } }
})
