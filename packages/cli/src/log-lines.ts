/** A logger that writes one line a message: time, level, text, and its fields as JSON. */
import type { Clock, LogFields, Logger } from '@millrace/base'

export const logLevels = ['debug', 'info', 'warn', 'error', 'off'] as const
export type LogLevel = (typeof logLevels)[number]

export function lineLogger(clock: Clock, level: LogLevel, write: (line: string) => void): Logger {
  const threshold = logLevels.indexOf(level)
  const at = (name: LogLevel) => (message: string, fields?: LogFields) => {
    if (logLevels.indexOf(name) < threshold) return
    const time = new Date(clock.now()).toISOString()
    const facts =
      fields === undefined || Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields, printable)}`
    write(`${time} ${name.toUpperCase().padEnd(5)} ${message}${facts}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function printable(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message
  return typeof value === 'bigint' ? String(value) : value
}
