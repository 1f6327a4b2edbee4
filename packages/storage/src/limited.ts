/** Work on many items with a few at a time. */

/** Runs `action` for every item, at most `limit` at once. Rejects with the first failure, once those under way have ended. */
export async function forEachLimited<T>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  const work = async () => {
    for (const item of rest) await action(item)
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
