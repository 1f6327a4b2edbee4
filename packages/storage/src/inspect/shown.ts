/** Bytes and wide integers as text: what a dump shows of keys and values that may hold anything. */

/** Text where the bytes are printable UTF-8, else `0x` and hex digits; null stays null. Text that itself starts with `0x` is hex too. */
export function showBytes(bytes: Buffer | null): string | null {
  if (bytes === null) return null
  const text = bytes.toString()
  const isText = !text.startsWith('0x') && !/[\p{Cc}\u{fffd}]/u.test(text)
  return isText ? text : `0x${bytes.toString('hex')}`
}

/** A decoded record as plain JSON values: byte fields as {@link showBytes} has them, integers beyond 2^53 as text. */
export function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Buffer.isBuffer(value)) return showBytes(value)
  if (Array.isArray(value)) return value.map(plainValue)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValue(each)]))
}

/** `text`, cut to `charsMax` with a note of how much is missing. */
export function cutText(text: string, charsMax = 400): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}... (${text.length} characters)`
}
