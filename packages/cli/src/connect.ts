/** Options that every command needs which talks to a cluster, and the admin client made of them. */
import { Admin } from '@millrace/admin'
import type { CommandInput, OptionSpec } from './command.ts'

const defaultServer = '127.0.0.1:9092'

/** `--bootstrap-server`, as Kafka's tools call it. */
export const serverOption: Readonly<Record<string, OptionSpec>> = {
  'bootstrap-server': {
    kind: 'text',
    short: 'b',
    summary: 'Where the cluster is',
    value: 'HOST:PORT',
    default: defaultServer,
  },
}

export const jsonOption: Readonly<Record<string, OptionSpec>> = {
  json: { kind: 'flag', summary: 'Print JSON, for scripts' },
}

/** How long a command tries to reach the cluster before it says that it cannot. */
export const reachTimeoutMs = 10_000

export function serverOf(input: CommandInput): string {
  return input.text('bootstrap-server') ?? defaultServer
}

/** Runs `action` with an admin client that is closed afterwards. */
export async function withAdmin<T>(input: CommandInput, action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ brokers: serverOf(input), clientId: 'millrace-cli', retryTimeoutMs: reachTimeoutMs })
  try {
    return await action(admin)
  } finally {
    await admin.close()
  }
}
