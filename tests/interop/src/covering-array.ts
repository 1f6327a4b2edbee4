/** Covering arrays: few rows in which every pair of values of two factors that may meet does meet. Pure. */

/** A factor's name and its values. */
export type Factors = Readonly<Record<string, readonly string[]>>
export type Row<F extends Factors> = { readonly [Name in keyof F]: F[Name][number] }

/** All rows that `isAllowed`, in the order of the values. */
export function allRows<const F extends Factors>(factors: F, isAllowed: (row: Row<F>) => boolean): Row<F>[] {
  let rows: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(factors)) {
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })))
  }
  return (rows as Row<F>[]).filter(isAllowed)
}

/** Every pair of values of two factors in `row`, as text. */
export function pairsOf(row: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(row).map(([name, value]) => `${name}=${value}`)
  return values.flatMap((left, index) => values.slice(index + 1).map((right) => `${left} ${right}`))
}

/**
 * Rows that cover every pair which some allowed row has, `fixed` first. Greedy: each row is the allowed one that covers most of
 * what is left, the first of equals, so that the same factors always give the same rows. Every allowed row is looked at for every
 * row that is made: for factors with some hundreds of combinations.
 */
export function coveringArray<const F extends Factors>(
  factors: F,
  isAllowed: (row: Row<F>) => boolean,
  fixed: readonly Row<F>[] = [],
): Row<F>[] {
  const candidates = allRows(factors, isAllowed).map((row) => ({ row, pairs: pairsOf(row) }))
  const missing = new Set(candidates.flatMap(({ pairs }) => pairs))
  const rows: Row<F>[] = []
  const take = (row: Row<F>) => {
    rows.push(row)
    for (const pair of pairsOf(row)) missing.delete(pair)
  }
  for (const row of fixed) {
    if (!isAllowed(row)) throw new Error(`The fixed row ${JSON.stringify(row)} is not allowed`)
    take(row)
  }
  while (missing.size > 0) {
    let best: Row<F> | undefined
    let bestCount = 0
    for (const { row, pairs } of candidates) {
      const count = pairs.reduce((sum, pair) => sum + (missing.has(pair) ? 1 : 0), 0)
      if (count > bestCount) {
        best = row
        bestCount = count
      }
    }
    // Each missing pair came from a candidate, so one of them covers it.
    take(best!)
  }
  return rows
}
