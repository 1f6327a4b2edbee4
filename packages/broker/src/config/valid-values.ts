/** The ranges and choices that rows of configuration tables use, with Kafka's texts for what is wrong. */
import type { ConfigValue, ValidValues } from './key.ts'

/** How Kafka words a value that its key does not take. */
export const invalidValue = (name: string, value: ConfigValue, reason: string): string =>
  `Invalid value ${value} for configuration ${name}: ${reason}`

const isNumeric = (value: ConfigValue): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'

export function atLeast(min: number): ValidValues {
  return {
    text: `[${min},...]`,
    problem: (name, value) =>
      isNumeric(value) && value < min ? invalidValue(name, value, `Value must be at least ${min}`) : undefined,
  }
}

export function between(min: number, max: number): ValidValues {
  const lower = atLeast(min)
  return {
    text: `[${min},...,${max}]`,
    problem(name, value) {
      if (isNumeric(value) && value > max) return invalidValue(name, value, `Value must be no more than ${max}`)
      return lower.problem(name, value)
    },
  }
}

/** A range, or one value outside of it that means "the codec's own choice". */
export function betweenOr(min: number, max: number, other: number): ValidValues {
  return {
    text: `[${min},...,${max}] or ${other}`,
    problem: (name, value) =>
      isNumeric(value) && value !== other && (value < min || value > max)
        ? invalidValue(name, value, `Value must be between ${min} and ${max} or equal to ${other}`)
        : undefined,
  }
}

export function oneOf(...choices: readonly string[]): ValidValues {
  return {
    text: `[${choices.join(', ')}]`,
    problem: (name, value) =>
      typeof value === 'string' && !choices.includes(value)
        ? invalidValue(name, value, `String must be one of: ${choices.join(', ')}`)
        : undefined,
  }
}

export function oneOfAnyCase(...choices: readonly string[]): ValidValues {
  return {
    text: `(case insensitive) [${choices.join(', ')}]`,
    problem: (name, value) =>
      typeof value === 'string' && !choices.includes(value.toUpperCase())
        ? invalidValue(name, value, `String must be one of (case insensitive): ${choices.join(', ')}`)
        : undefined,
  }
}

export const nonEmptyText: ValidValues = {
  text: 'non-empty string',
  problem: (name, value) => (value === '' ? invalidValue(name, value, 'String must be non-empty') : undefined),
}

/** Whether a list may be empty, and what its elements may be; an element never repeats. */
export interface ListRules {
  readonly mayBeEmpty: boolean
  readonly choices?: readonly string[]
}

export function distinct({ mayBeEmpty, choices }: ListRules): ValidValues {
  const element = choices === undefined ? undefined : oneOf(...choices)
  return {
    text: `${['distinct', element?.text].filter((part) => part !== undefined).join(' ')}, ${mayBeEmpty ? 'may be' : 'not'} empty`,
    problem(name, value) {
      if (!Array.isArray(value)) return undefined
      if (value.length === 0 && !mayBeEmpty) {
        return `Configuration '${name}' must not be empty. Valid values include: ${choices?.join(', ') ?? 'any non-empty value'}`
      }
      if (new Set(value).size !== value.length) return `Configuration '${name}' values must not be duplicated.`
      if (value.includes('')) return `Configuration '${name}' values must not be empty.`
      return firstProblem(value, (each) => element?.problem(name, each))
    },
  }
}

export const distinctOrEmpty = distinct({ mayBeEmpty: true })
export const distinctNotEmpty = distinct({ mayBeEmpty: false })

/** `partition:broker` pairs, or `*` for all. */
export const throttledReplicas: ValidValues = {
  text: '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
  problem(name, value) {
    if (!Array.isArray(value) || (value.length === 1 && value[0] === '*')) return undefined
    return value.every((pair) => /^\d+:\d+$/.test(pair))
      ? undefined
      : `${name} must be the literal '*' or a list of replicas in the following format: ${throttledReplicas.text}`
  },
}

/** Where a share group begins that has no offset: `by_duration:` takes an ISO 8601 duration that is not negative. */
export const shareOffsetReset: ValidValues = {
  text: '[latest, earliest, by_duration:PnDTnHnMn.nS]',
  problem(name, value) {
    if (value === 'latest' || value === 'earliest') return undefined
    const duration = /^by_duration:P(?=[\dT])(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/i
    return typeof value === 'string' && !duration.test(value)
      ? invalidValue(name, value, `must be one of ${shareOffsetReset.text}`)
      : undefined
  },
}

function firstProblem(values: readonly string[], check: (value: string) => string | undefined): string | undefined {
  for (const value of values) {
    const problem = check(value)
    if (problem !== undefined) return problem
  }
  return undefined
}
