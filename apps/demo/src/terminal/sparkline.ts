/** A row of numbers as a row of little bars. */
const bars = [...'▁▂▃▄▅▆▇█']

/** The last `width` values, the newest to the right; `top` or more is a full bar. */
export function sparkline(values: readonly number[], width: number, top: number): string {
  const shown = values.slice(-width)
  const text = shown.map((value) => bars[Math.min(bars.length - 1, Math.floor((value / top) * bars.length))]).join('')
  return text.padStart(width)
}
