/** Listeners: where the node listens, where others reach it, and what is spoken there. Reads the five keys that say so. */
import type { ConfigValues } from './config-values.ts'

/** In the order of their numbers on the wire. */
export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof securityProtocols)[number]

export interface ListenerConfig {
  /** Upper case: names of listeners are compared without case. */
  readonly name: string
  /** Empty: all addresses when listening; when advertised, the name of the machine. */
  readonly host: string
  /** 0 means a free port when listening and, when advertised, the port that is bound. */
  readonly port: number
  readonly protocol: SecurityProtocol
  /** The number of `protocol` on the wire, as brokers register it. */
  readonly securityProtocol: number
}

export interface ListenerSetup {
  readonly listeners: readonly ListenerConfig[]
  /** What the broker registers: controller listeners are in it only when `advertised.listeners` names them. */
  readonly advertisedListeners: readonly ListenerConfig[]
  readonly controllerListenerNames: readonly string[]
  readonly interBrokerListenerName: string
  readonly listenerSecurityProtocols: ReadonlyMap<string, SecurityProtocol>
}

/** Something wrong in a key's value; the caller knows the value. */
export interface KeyProblem {
  readonly key: string
  readonly message: string
}

/** The keys that {@link resolveListeners} reads. */
export const listenerKeyNames = [
  'listeners',
  'advertised.listeners',
  'listener.security.protocol.map',
  'controller.listener.names',
  'inter.broker.listener.name',
  'security.inter.broker.protocol',
  'process.roles',
] as const

/** The setup as far as it makes sense, and all that does not. */
export function resolveListeners(values: ConfigValues): { setup: ListenerSetup; problems: readonly KeyProblem[] } {
  const problems: KeyProblem[] = []
  const controllerListenerNames = values.list('controller.listener.names').map((name) => name.toUpperCase())
  const listenerSecurityProtocols = protocolMap(values, controllerListenerNames, problems)
  const endpoints = (key: string) => parseEndpoints(key, values.list(key), listenerSecurityProtocols, problems)
  const listeners = endpoints('listeners')
  const advertisedListeners =
    values.listOrNull('advertised.listeners') === null
      ? listeners.filter(({ name }) => !controllerListenerNames.includes(name))
      : endpoints('advertised.listeners')
  const interBrokerListenerName = (
    values.textOrNull('inter.broker.listener.name') ?? values.text('security.inter.broker.protocol')
  ).toUpperCase()
  const setup = {
    listeners,
    advertisedListeners,
    controllerListenerNames,
    interBrokerListenerName,
    listenerSecurityProtocols,
  }
  // An endpoint that did not parse is missing from its list: what follows would blame the wrong key.
  if (problems.length === 0) problems.push(...setupProblems(setup, values))
  return { setup, problems }
}

/** Without a map of one's own, controller listeners are PLAINTEXT unless their name is that of a protocol. */
function protocolMap(
  values: ConfigValues,
  controllerListenerNames: readonly string[],
  problems: KeyProblem[],
): Map<string, SecurityProtocol> {
  const key = 'listener.security.protocol.map'
  const map = new Map<string, SecurityProtocol>()
  for (const pair of values.text(key).split(',')) {
    const [, name, protocol] = /^\s*([^:\s]+)\s*:\s*([^:\s]+)\s*$/.exec(pair) ?? []
    if (name === undefined || protocol === undefined) {
      problems.push({ key, message: `${key} holds "${pair.trim()}", which is not of the form NAME:PROTOCOL` })
      continue
    }
    const known = securityProtocols.find((each) => each === protocol.toUpperCase())
    if (known === undefined) {
      problems.push({
        key,
        message: `${key} gives ${name} the protocol ${protocol}; it must be one of ${securityProtocols.join(', ')}`,
      })
      continue
    }
    if (map.has(name.toUpperCase())) problems.push({ key, message: `${key} names the listener ${name} twice` })
    map.set(name.toUpperCase(), known)
  }
  if (!values.isSet(key)) {
    for (const name of controllerListenerNames) if (!map.has(name)) map.set(name, 'PLAINTEXT')
  }
  return map
}

function parseEndpoints(
  key: string,
  texts: readonly string[],
  protocols: ReadonlyMap<string, SecurityProtocol>,
  problems: KeyProblem[],
): ListenerConfig[] {
  const endpoints: ListenerConfig[] = []
  for (const text of texts) {
    const parsed = parseEndpoint(text)
    if (typeof parsed === 'string') {
      problems.push({ key, message: `${key} holds "${text}", ${parsed}` })
      continue
    }
    const protocol = protocols.get(parsed.name)
    if (protocol === undefined) {
      problems.push({
        key,
        message: `${key} names the listener ${parsed.name}, which listener.security.protocol.map gives no security protocol`,
      })
      continue
    }
    endpoints.push({ ...parsed, protocol, securityProtocol: securityProtocols.indexOf(protocol) })
  }
  return endpoints
}

/** The endpoint, or the end of a sentence on what is wrong with it. */
function parseEndpoint(text: string): { name: string; host: string; port: number } | string {
  const [, name, bracketed, plain, portText] =
    /^([^:/]+):\/\/(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]]*)):(\d+)$/.exec(text) ?? []
  if (name === undefined) return 'which is not of the form NAME://host:port'
  const host = bracketed ?? plain ?? ''
  if (bracketed === undefined && !/^[0-9A-Za-z._%-]*$/.test(host))
    return `whose host ${host} has characters that no host name has`
  const port = Number(portText)
  if (port > 65_535) return `whose port ${portText} is above 65535`
  return { name: name.toUpperCase(), host, port }
}

function setupProblems(setup: ListenerSetup, values: ConfigValues): KeyProblem[] {
  return [
    ...repeated('listeners', setup.listeners),
    ...repeated('advertised.listeners', setup.advertisedListeners),
    ...secured(setup),
    ...advertisedProblems(setup, values),
    ...controllerProblems(setup, values),
    ...interBrokerProblems(setup, values),
  ]
}

/** Each name once; each port once, but for one name's IPv4 and IPv6 address being two listeners on the same port. */
function repeated(key: string, endpoints: readonly ListenerConfig[]): KeyProblem[] {
  const problems: KeyProblem[] = []
  const byName = new Set<string>()
  const byPort = new Map<number, ListenerConfig>()
  for (const endpoint of endpoints) {
    if (byName.has(endpoint.name)) problems.push({ key, message: `${key} names the listener ${endpoint.name} twice` })
    byName.add(endpoint.name)
    const other = byPort.get(endpoint.port)
    if (key === 'listeners' && endpoint.port !== 0 && other !== undefined && !areTwoFamilies(endpoint, other)) {
      problems.push({ key, message: `${key} gives ${other.name} and ${endpoint.name} the same port ${endpoint.port}` })
    }
    byPort.set(endpoint.port, endpoint)
  }
  return problems
}

function areTwoFamilies(left: ListenerConfig, right: ListenerConfig): boolean {
  const isIpv4 = (host: string) => /^\d+\.\d+\.\d+\.\d+$/.test(host)
  const isIpv6 = (host: string) => host.includes(':')
  return (isIpv4(left.host) && isIpv6(right.host)) || (isIpv6(left.host) && isIpv4(right.host))
}

/** A protocol in the map is only a name; a listener that uses it needs it to work. */
function secured({ listeners }: ListenerSetup): KeyProblem[] {
  return listeners
    .filter(({ protocol }) => protocol !== 'PLAINTEXT')
    .map(({ name, protocol }) => ({
      key: 'listeners',
      message: `listeners has ${name} with the security protocol ${protocol}, which is not supported yet; use PLAINTEXT`,
    }))
}

function advertisedProblems({ listeners, advertisedListeners }: ListenerSetup, values: ConfigValues): KeyProblem[] {
  const key = 'advertised.listeners'
  const problems: KeyProblem[] = []
  for (const { name, host } of advertisedListeners) {
    if (!listeners.some((listener) => listener.name === name)) {
      problems.push({ key, message: `${key} names the listener ${name}, which is not in listeners` })
    }
    if (host === '0.0.0.0' || host === '::') {
      const cause = values.listOrNull(key) === null ? `${key} is not set, and listeners has` : `${key} has`
      problems.push({
        key,
        message: `${cause} the address ${host} for ${name}; set ${key} to an address that others can connect to`,
      })
    }
  }
  return problems
}

function controllerProblems({ listeners, controllerListenerNames }: ListenerSetup, values: ConfigValues): KeyProblem[] {
  const key = 'controller.listener.names'
  const listening = controllerListenerNames.filter((name) => listeners.some((listener) => listener.name === name))
  const isController = values.list('process.roles').includes('controller')
  if (isController && listening.length === 0) {
    return [{ key, message: `${key} names no listener that is in listeners, and the controller role needs one` }]
  }
  if (!isController && listening.length > 0) {
    return [
      {
        key,
        message: `${key} names ${listening.join(', ')}, which must not be in listeners of a node without the controller role`,
      },
    ]
  }
  return []
}

function interBrokerProblems(setup: ListenerSetup, values: ConfigValues): KeyProblem[] {
  const key = 'inter.broker.listener.name'
  const { interBrokerListenerName: name, controllerListenerNames, advertisedListeners } = setup
  if (!values.list('process.roles').includes('broker')) return []
  if (values.textOrNull(key) !== null && values.isSet('security.inter.broker.protocol')) {
    return [{ key, message: `set either ${key} or security.inter.broker.protocol, not both` }]
  }
  if (controllerListenerNames.includes(name)) {
    return [{ key, message: `${key} is ${name}, which controller.listener.names keeps for the controller` }]
  }
  if (!advertisedListeners.some((listener) => listener.name === name)) {
    return [
      {
        key,
        message: `brokers reach each other by the listener ${name}, which is not advertised; set ${key} to one that is`,
      },
    ]
  }
  return []
}
