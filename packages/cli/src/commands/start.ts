/** `millrace start`: a broker in this process, until it is asked to end. */
import { inlineWorkers, loadNativeCrc32c, systemClock, systemRandom, ThreadWorkers } from '@millrace/base'
import { type Command, CommandError, type CommandInput, exitCode, UsageError } from '../command.ts'
import { keepMemorySmall } from '../idle-memory.ts'
import { type LogLevel, lineLogger, logLevels } from '../log-lines.ts'
import { exitNow, processMemory } from '../system.ts'
import type { Terminal } from '../terminal.ts'

const defaultDirectory = './.millrace'
/** Threads for compression and compaction, started when there is something to do. */
const workerCountMax = 2

export const startCommand: Command = {
  name: 'start',
  summary: 'Start a broker',
  options: {
    port: { kind: 'number', summary: 'Port for clients; 0 takes a free one', value: 'PORT', default: '9092' },
    host: {
      kind: 'text',
      summary: 'Address to listen on, and the name that clients are told',
      value: 'HOST',
      default: '127.0.0.1',
    },
    data: { kind: 'text', summary: 'Where the data is', value: 'DIR', default: defaultDirectory },
    durability: {
      kind: 'text',
      summary: 'When records are acknowledged: fsync, on the disk; os, handed to the operating system',
      choices: ['fsync', 'os'],
      default: 'fsync',
    },
    config: { kind: 'text', summary: 'A server.properties file with Kafka’s keys', value: 'FILE' },
    set: { kind: 'texts', summary: 'One of Kafka’s keys; wins over the file', value: 'KEY=VALUE' },
    'log-level': { kind: 'text', summary: 'How much to log', choices: logLevels, default: 'warn' },
  },
  examples: [
    { command: 'millrace start', summary: 'A broker on 127.0.0.1:9092, data in ./.millrace' },
    { command: 'millrace start --port 19092 --data /var/lib/millrace', summary: 'Another port and directory' },
    {
      command: 'millrace start --set log.retention.hours=24 --set num.partitions=6',
      summary: 'With Kafka’s own configuration keys',
    },
  ],

  async run(input, { terminal, workerEntry }) {
    const startedMs = systemClock.monotonic()
    const { Broker, ConfigError, parseBrokerConfig } = await import('@millrace/broker')
    const { NodeFileSystem, FileSystemError, StorageError } = await import('@millrace/storage')
    const { nodeTransport, TransportError } = await import('@millrace/network')
    const logger = lineLogger(systemClock, (input.text('log-level') ?? 'warn') as LogLevel, (line) =>
      terminal.writeError(line),
    )
    const workers =
      workerEntry === undefined
        ? inlineWorkers
        : new ThreadWorkers({ entry: workerEntry, threadCountMax: workerCountMax, logger })
    try {
      const { properties, lines } = await collectProperties(input, terminal)
      const config = parseBrokerConfig(properties, lines)
      const broker = await Broker.start({
        config,
        ports: {
          fileSystem: new NodeFileSystem(),
          transport: nodeTransport,
          clock: systemClock,
          random: systemRandom,
          workers,
          beforeRecovery: loadNativeCrc32c,
        },
        logger,
        onFatal: (error) => {
          terminal.writeError(
            `Millrace ends because it cannot go on safely: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`,
          )
          exitNow(exitCode.failed)
        },
      })
      const elapsedMs = Math.round(systemClock.monotonic() - startedMs)
      const where = broker.clientAddresses.map(({ host, port }) => `${host}:${port}`).join(', ')
      await terminal.write(`Millrace is ready on ${where} (data in ${config.logDirs.join(', ')}, ${elapsedMs} ms)\n`)
      // After the first clients are served: loading a native module takes longer than what it saves them.
      const isNative = await loadNativeCrc32c()
      logger.debug(isNative ? 'Checksums are computed natively' : 'Checksums are computed in JavaScript')
      const letMemoryBe = keepMemorySmall(systemClock, processMemory, logger)
      await untilAborted(terminal.signal)
      letMemoryBe()
      await broker.stop()
      await workers.close()
      return exitCode.ok
    } catch (error) {
      if (error instanceof ConfigError || error instanceof StorageError) throw new CommandError(error.message)
      if (error instanceof TransportError && error.code === 'address-in-use') {
        throw new CommandError(`${error.message}. Stop it, or choose another port with --port.`)
      }
      if (error instanceof TransportError) throw new CommandError(error.message)
      if (error instanceof FileSystemError)
        throw new CommandError(`Cannot use the data directory: ${error.message}.${remedyFor(error.code)}`)
      throw error
    }
  },
}

function remedyFor(code: string): string {
  if (code === 'permission') return ' Make it writable for this user, or choose another directory with --data.'
  if (code === 'exists' || code === 'not-a-directory')
    return ' A file is in its place: choose another directory with --data.'
  if (code === 'no-space') return ' Make room on the disk.'
  return ''
}

/** The file, then `--set`, then the shorthands: what is said later wins. */
async function collectProperties(input: CommandInput, terminal: Terminal) {
  const { readProperties, singleNodeProperties } = await import('@millrace/broker')
  const properties = singleNodeProperties([['log.dirs', terminal.resolvePath(input.text('data') ?? defaultDirectory)]])
  const lines = new Map<string, number>()
  const file = input.text('config')
  if (file !== undefined) {
    const read = readProperties(await readConfig(file, terminal))
    for (const [key, value] of read.values) properties.set(key, value)
    for (const [key, line] of read.lines) lines.set(key, line)
  }
  for (const setting of input.texts('set')) {
    const separator = setting.indexOf('=')
    if (separator <= 0) throw new UsageError(`--set takes KEY=VALUE, not ${JSON.stringify(setting)}`)
    properties.set(setting.slice(0, separator), setting.slice(separator + 1))
  }
  const port = input.number('port')
  const host = input.text('host')
  if (port !== undefined && (port < 0 || port > 65_535)) throw new UsageError(`--port takes 0 to 65535, not ${port}`)
  if (port !== undefined || host !== undefined) {
    properties.set('listeners', `PLAINTEXT://${host ?? '127.0.0.1'}:${port ?? 9092},CONTROLLER://127.0.0.1:0`)
  }
  const data = input.text('data')
  if (data !== undefined) properties.set('log.dirs', terminal.resolvePath(data))
  const durability = input.text('durability')
  if (durability !== undefined) properties.set('millrace.durability', durability)
  return { properties, lines }
}

async function readConfig(path: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(path)
  } catch (error) {
    throw new CommandError(`Cannot read ${path}: ${(error as Error).message}`)
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
