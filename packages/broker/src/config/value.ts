/** Configuration values as text: reading one by its key's type and range, and writing it the way Kafka shows it. */
import type { ConfigKey, ConfigType, ConfigValue } from './key.ts'
import { invalidValue } from './valid-values.ts'

export type ParsedValue =
  | { readonly kind: 'value'; readonly value: ConfigValue }
  | { readonly kind: 'problem'; readonly message: string }

const integerRanges = {
  short: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  long: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
} as const

/** No integer of Kafka's needs more digits; longer text is refused before it is converted. */
const integerTextLengthMax = 64

/** Reads a value as Kafka does: blanks around it do not count, lists are separated by commas. The problem is worded as in Kafka. */
export function parseValue(key: ConfigKey, text: string): ParsedValue {
  const trimmed = text.trim()
  const value = parseByType(key.type, trimmed)
  if (value === undefined) {
    const shown = key.type === 'password' ? '[hidden]' : text
    return { kind: 'problem', message: invalidValue(key.name, shown, expectations[key.type]) }
  }
  const message = key.valid?.problem(key.name, value)
  return message === undefined ? { kind: 'value', value } : { kind: 'problem', message }
}

const expectations: Record<ConfigType, string> = {
  boolean: 'Expected value to be either true or false',
  short: 'Not a number of type SHORT',
  int: 'Not a number of type INT',
  long: 'Not a number of type LONG',
  double: 'Not a number of type DOUBLE',
  string: 'Expected value to be a string',
  list: 'Expected a comma separated list',
  class: 'Expected the name of a class',
  password: 'Expected value to be a string',
}

function parseByType(type: ConfigType, text: string): ConfigValue | undefined {
  switch (type) {
    case 'boolean':
      return parseBoolean(text)
    case 'short':
    case 'int':
    case 'long':
      return parseInteger(type, text)
    case 'double':
      return parseDouble(text)
    case 'list':
      return text === '' ? [] : text.split(',').map((element) => element.trim())
    default:
      return text
  }
}

function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  if (lower === 'true') return true
  return lower === 'false' ? false : undefined
}

function parseInteger(type: 'short' | 'int' | 'long', text: string): number | bigint | undefined {
  if (text.length > integerTextLengthMax || !/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  const [min, max] = integerRanges[type]
  if (value < min || value > max) return undefined
  return type === 'long' ? value : Number(value)
}

/** Like Java's, without NaN, which no key can mean, and without hexadecimal. */
function parseDouble(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?$/i.test(text) ? Number.parseFloat(text) : undefined
}

/** The value as Kafka shows it; null for no value. */
export function formatValue(type: ConfigType, value: ConfigValue): string | null {
  if (value === null) return null
  if (Array.isArray(value)) return value.join(',')
  if (type === 'double' && typeof value === 'number') return formatDouble(value)
  return String(value)
}

/** Java's notation: plain from 10^-3 to 10^7, else with an exponent; always with a decimal point. */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`
}

/** Whether two values of one type mean the same. */
export function sameValue(type: ConfigType, left: ConfigValue, right: ConfigValue): boolean {
  return formatValue(type, left) === formatValue(type, right)
}
