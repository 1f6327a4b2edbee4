/** Reads the list of brokers that users give: `host:port`, several with commas between them or as an array. */
import type { Address } from '@millrace/network'
import { MillraceError } from './error.ts'

/** How many brokers may be listed. */
const brokerCountMax = 1000
const hostSizeMax = 255

function refuse(entry: string, reason: string): MillraceError {
  return new MillraceError(
    'invalid-argument',
    `"${entry}" is no broker address: ${reason}; write host:port, such as localhost:9092 or [::1]:9092`,
  )
}

function parseEntry(entry: string): Address {
  if (entry === '') throw refuse(entry, 'it is empty')
  if (/\s/.test(entry)) throw refuse(entry, 'it contains white space')
  if (entry.includes('://')) throw refuse(entry, 'it has a protocol')
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^:[\]]+)):(\d{1,5})$/.exec(entry)
  if (match === null) {
    const isBareIpv6 = entry.split(':').length > 2 && !entry.startsWith('[')
    throw refuse(entry, isBareIpv6 ? 'an IPv6 address goes in brackets' : 'host or port is missing or malformed')
  }
  const host = (match[1] ?? match[2]) as string
  const port = Number(match[3])
  if (port < 1 || port > 65535) throw refuse(entry, `port ${match[3]} is not between 1 and 65535`)
  if (host.length > hostSizeMax) throw refuse(entry, `the host name is longer than ${hostSizeMax} characters`)
  if (match[1] === undefined && !/^[A-Za-z0-9_]([A-Za-z0-9._-]*)$/.test(host)) {
    throw refuse(entry, 'the host name has a character that host names cannot have')
  }
  return { host, port }
}

/**
 * The addresses, without repetitions. Throws a {@link MillraceError} `invalid-argument` that names the bad entry. White space
 * around entries of a comma-separated list is allowed.
 */
export function parseBrokerList(brokers: string | readonly string[]): readonly Address[] {
  const entries = (typeof brokers === 'string' ? [brokers] : brokers).flatMap((text) =>
    text.split(',').map((entry) => entry.trim()),
  )
  if (entries.length > brokerCountMax) {
    throw new MillraceError(
      'invalid-argument',
      `${entries.length} brokers are listed, at most ${brokerCountMax} can be`,
    )
  }
  const addresses = new Map<string, Address>()
  for (const entry of entries) addresses.set(entry.toLowerCase(), parseEntry(entry))
  if (addresses.size === 0) throw new MillraceError('invalid-argument', 'no broker is listed: at least one is needed')
  return [...addresses.values()]
}
