/** Keys whose value is a list with a form of its own: voters, bootstrap servers, connection limits by address. */
import { assert } from '@millrace/base'
import { type ConfigValue, intMax, type ValidValues } from './key.ts'
import { invalidValue } from './valid-values.ts'

export interface VoterAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** Every element parsed, or the first that does not parse. */
type ParsedList<T> = { readonly items: readonly T[] } | { readonly bad: string }

function parseEach<T>(elements: readonly string[], parse: (element: string) => T | undefined): ParsedList<T> {
  const items: T[] = []
  for (const element of elements) {
    const item = parse(element)
    if (item === undefined) return { bad: element }
    items.push(item)
  }
  return { items }
}

/** Items of a value that its key's {@link ValidValues} let through. */
function itemsOf<T>(list: ParsedList<T>): readonly T[] {
  assert('items' in list, 'a list of addresses is checked when it is read')
  return list.items
}

/** The rule of a key whose elements have this form. */
function wellFormed(text: string, form: string, parse: (value: ConfigValue) => ParsedList<unknown>): ValidValues {
  return {
    text,
    problem(name, value) {
      const parsed = parse(value)
      return 'bad' in parsed ? invalidValue(name, parsed.bad, `must be of the form ${form}`) : undefined
    },
  }
}

function parseHost(text: string): HostAddress | undefined {
  const [, bracketed, plain, portText] = /^(?:\[([0-9a-fA-F:.%]+)\]|([0-9A-Za-z._%-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(portText)
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

const voters = (value: ConfigValue): ParsedList<VoterAddress> =>
  parseEach(Array.isArray(value) ? value : [], (element) => {
    const [, id, address] = /^(\d{1,10})@(.*)$/.exec(element) ?? []
    const host = parseHost(address ?? '')
    return id === undefined || host === undefined || Number(id) > intMax ? undefined : { id: Number(id), ...host }
  })

const hosts = (value: ConfigValue): ParsedList<HostAddress> => parseEach(Array.isArray(value) ? value : [], parseHost)

const connectionLimits = (value: ConfigValue): ParsedList<readonly [string, number]> => {
  const text = typeof value === 'string' ? value.trim() : ''
  const elements = text === '' ? [] : text.split(',').map((element) => element.trim())
  return parseEach(elements, (element) => {
    const [, host, count] = /^(.+):(\d{1,10})$/.exec(element) ?? []
    return host === undefined || Number(count) > intMax ? undefined : ([host.trim(), Number(count)] as const)
  })
}

/** `controller.quorum.voters` */
export const parseVoters = (value: ConfigValue): readonly VoterAddress[] => itemsOf(voters(value))
export const voterList: ValidValues = wellFormed('non-empty list', 'id@host:port', voters)

/** `controller.quorum.bootstrap.servers` */
export const parseHosts = (value: ConfigValue): readonly HostAddress[] => itemsOf(hosts(value))
export const hostList: ValidValues = wellFormed('non-empty list', 'host:port', hosts)

/** `max.connections.per.ip.overrides`: host or address, then the limit. Kafka names no range for it. */
export const parseConnectionLimits = (value: ConfigValue): ReadonlyMap<string, number> =>
  new Map(itemsOf(connectionLimits(value)))
export const connectionLimitList: ValidValues = wellFormed('', 'host:count', connectionLimits)
