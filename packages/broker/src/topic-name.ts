/** What a topic may be called. */

const legal = /^[a-zA-Z0-9._-]{1,249}$/

/** 1 to 249 characters of `[a-zA-Z0-9._-]`, and neither "." nor "..". */
export function isValidTopicName(name: string): boolean {
  return legal.test(name) && name !== '.' && name !== '..'
}
