/** Limits on waiting: nothing in the suite waits for ever, and what waited too long says for what. */

export class TimeLimitError extends Error {}

/** `promise`, or a TimeLimitError that says `describe()` after `limitMs`. */
export async function within<T>(promise: Promise<T>, limitMs: number, describe: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`${describe()} (after ${limitMs / 1000} s)`)), limitMs)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}

const pollMs = 50

/** Asks `isDone` until it is; a TimeLimitError that says `describe()` after `limitMs`. */
export async function until(
  isDone: () => boolean | Promise<boolean>,
  limitMs: number,
  describe: () => string,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new TimeLimitError(`${describe()} (after ${limitMs / 1000} s)`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
