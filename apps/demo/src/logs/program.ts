/** The log files, from the command line to the exit code. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sleep } from '@millrace/base'
import { type Millrace, valuesOf } from 'millrace'
import { Checks } from '../checks.ts'
import { DemoCluster } from '../cluster/cluster.ts'
import { withOptions } from '../command-line.ts'
import { Pacer } from '../pacer.ts'
import { formatCount, formatMany, formatSize } from '../terminal/format.ts'
import { Narrator } from '../terminal/narrator.ts'
import { DemoError, exitCodes, type World } from '../world.ts'
import { Alert } from './alert.ts'
import { Archive, fingerprintOf } from './archive.ts'
import { progressLines } from './dashboard.ts'
import { findLogFiles } from './log-files.ts'
import { type LogFile, type LogLine, logsTopic, mixedLines, partitionCount } from './log-line.ts'
import { type LogsOptions, parseLogsOptions, usage } from './options.ts'
import { Reading } from './reading.ts'
import { Search } from './search.ts'
import { logsSummaryLines } from './summary.ts'

const redrawMs = 100
const tickMs = 20
const closeLimitMs = 1000

export function runLogs(args: readonly string[], world: World): Promise<number> {
  const parse = () => parseLogsOptions(args)
  return withOptions(parse, usage, world, async (options) => {
    const demo = new LogsDemo(options, world)
    try {
      return await demo.run()
    } finally {
      demo.close()
    }
  })
}

class LogsDemo {
  readonly #narrator: Narrator
  readonly #options: LogsOptions
  readonly #world: World
  readonly #search: Search
  readonly #alert: Alert
  readonly #archive: Archive
  readonly #checks = new Checks()
  #files: readonly LogFile[] = []
  #lines: readonly LogLine[] = []
  #producedCount = 0

  constructor(options: LogsOptions, world: World) {
    const narrator = new Narrator(world.terminal, world.clock)
    const { paint, screen } = narrator
    this.#narrator = narrator
    this.#options = options
    this.#world = world
    this.#search = new Search(options.word)
    this.#alert = new Alert(world.clock, (file, text) => {
      screen.print(`          ${paint('red', '!')} ${paint('dim', `${file}:`)} ${text}`)
    })
    this.#archive = new Archive(archiveDirectory(options.archive))
  }

  async run(): Promise<number> {
    const { brokers, keep } = this.#options
    this.#narrator.title("Millrace: this machine's log files, read three ways")
    const cluster = await DemoCluster.open({ brokers, keep }, this.#world)
    try {
      this.#narrator.say(`on ${cluster.description}`)
      await this.#findLines()
      const topic = await cluster.createTopic('logs', partitionCount, this.#world.signal)
      await using millrace = cluster.connect('logs')
      await this.#watch(cluster, millrace, topic)
      return await this.#conclude()
    } finally {
      const left = await cluster.close()
      if (left !== undefined) this.#narrator.screen.print(left)
    }
  }

  close(): void {
    this.#narrator.screen.close()
    if (this.#options.archive === undefined) rmSync(this.#archive.directory, { recursive: true, force: true })
  }

  async #findLines(): Promise<void> {
    const { files, notes } = await findLogFiles(this.#world.random)
    this.#files = files
    this.#lines = mixedLines(files)
    const size = files.reduce((sum, { content }) => sum + content.length, 0)
    const what = `${formatMany(files.length, 'file')}, ${formatMany(this.#lines.length, 'line')}, ${formatSize(size)}`
    for (const text of [what, ...notes]) this.#narrator.say(text)
  }

  /** Lets the lines flow while the panel is drawn. */
  async #watch(cluster: DemoCluster, millrace: Millrace, topic: string): Promise<void> {
    const signal = AbortSignal.any([this.#world.signal, cluster.lost])
    const ending = new AbortController()
    const drawing = this.#redraw(ending.signal).catch(() => {})
    const readings = this.#openReadings(cluster, millrace, topic, signal)
    try {
      await this.#flow(millrace, topic, readings, signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      await Promise.all(readings.map((reading) => reading.close()))
      ending.abort()
      await drawing
      this.#narrator.screen.show([])
      this.#narrator.screen.printPanel(this.#panel())
    }
  }

  /**
   * Three ways to read: without a group, which remembers nothing; in a group that commits by itself; and in one that commits when what
   * was read is safe.
   */
  #openReadings(cluster: DemoCluster, millrace: Millrace, topic: string, signal: AbortSignal): readonly Reading[] {
    const settings = { topics: [logsTopic(topic)], from: 'earliest' } as const
    const alerting = { ...settings, group: cluster.group('logs-alert') }
    const archiving = { ...settings, group: cluster.group('logs-archive'), autoCommit: false }
    return [
      new Reading(millrace.consumer(settings), this.#search, signal),
      new Reading(millrace.consumer(alerting), this.#alert, signal),
      new Reading(millrace.consumer(archiving), this.#archive, signal),
    ]
  }

  /** Produces all lines while everybody reads; then waits until all is read, and archived. */
  async #flow(millrace: Millrace, topic: string, readings: readonly Reading[], signal: AbortSignal): Promise<void> {
    const allRead = Promise.all(readings.map(({ done }) => done))
    // A reader that fails ends it all.
    await Promise.race([this.#produce(millrace, topic, signal), allRead])
    const ends = await endsOf(millrace, topic, signal)
    for (const reading of readings) reading.finish(ends)
    await allRead
    // Only what is on the disk may count as read.
    await this.#archive.close()
    await readings.find(({ reader }) => reader === this.#archive)?.commit()
  }

  async #produce(millrace: Millrace, name: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    const { seconds } = this.#options
    const topic = logsTopic(name)
    const producer = millrace.producer({ compression: 'zstd' })
    const pacer = new Pacer(this.#lines.length / Math.max(1, seconds), clock.monotonic())
    try {
      let due = seconds === 0 ? this.#lines.length : 0
      for (const { file, line } of this.#lines) {
        for (; due === 0; due = pacer.due(clock.monotonic())) await sleep(clock, tickMs, signal)
        due--
        this.#producedCount++
        if (!producer.enqueue(topic, { key: file, value: line })) await producer.ready()
        signal.throwIfAborted()
      }
      await producer.flush()
    } finally {
      // After an orderly end nothing is left to do; else what is left does not matter any more.
      await producer.close({ timeoutMs: closeLimitMs }).catch(() => {})
    }
  }

  async #conclude(): Promise<number> {
    await this.#checkArchive()
    this.#checkReaders()
    const { elapsedMs, paint, screen } = this.#narrator
    const [search, alert, archive] = [this.#search, this.#alert, this.#archive]
    const kept = this.#options.archive === undefined ? undefined : archive.directory
    const result = { search, alert, archive, kept, lineCount: this.#lines.length, elapsedMs }
    screen.print(...logsSummaryLines(result, this.#checks, paint))
    return this.#checks.passed ? exitCodes.passed : exitCodes.failed
  }

  async #checkArchive(): Promise<void> {
    const expected = new Map(this.#files.map(({ name, content }) => [name, fingerprintOf(content)]))
    const different = await this.#archive.differences(expected)
    const size = this.#files.reduce((sum, { content }) => sum + content.length, 0)
    const equal = `${formatSize(size)}, ${formatSize(this.#archive.size)} compressed`
    const detail = different.length === 0 ? equal : `different: ${different.slice(0, 3).join(', ')}`
    this.#checks.record('the archive is what was produced, byte for byte', different.length === 0, detail)
  }

  #checkReaders(): void {
    const readers = [this.#search, this.#alert, this.#archive]
    const counts = readers.map(({ name, lineCount }) => `${name} ${formatCount(lineCount)}`).join(', ')
    const isComplete = readers.every(({ lineCount }) => lineCount === this.#lines.length)
    const detail = `${formatMany(this.#producedCount, 'line')} produced; ${counts}`
    this.#checks.record('every reader got every line', isComplete, detail)
  }

  #panel(): string[] {
    const [search, alert, archive] = [this.#search, this.#alert, this.#archive]
    const rows = [
      { name: 'produced', count: this.#producedCount, found: '' },
      { name: 'search', count: search.lineCount, found: `${formatMany(search.matchCount, 'match', 'matches')}` },
      { name: 'alert', count: alert.lineCount, found: `${formatMany(alert.errorCount, 'error')}` },
      { name: 'archive', count: archive.lineCount, found: `${formatMany(archive.fileCount, 'file')}` },
    ]
    return progressLines(rows, this.#lines.length, this.#narrator.paint)
  }

  async #redraw(signal: AbortSignal): Promise<never> {
    for (;;) {
      this.#narrator.screen.show(this.#panel())
      await sleep(this.#world.clock, redrawMs, signal)
    }
  }
}

async function endsOf(millrace: Millrace, topic: string, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
  const queries = partitions.map((partition) => ({ topic, partition, at: 'latest' as const }))
  const found = valuesOf(await millrace.admin.listOffsets(queries, { signal }))
  return new Map(partitions.map((partition) => [partition, found.get(`${topic}-${partition}`)?.offset ?? 0]))
}

/** Throws a {@link DemoError}. */
function archiveDirectory(path: string | undefined): string {
  if (path === undefined) return mkdtempSync(join(tmpdir(), 'millrace-demo-archive-'))
  const directory = resolve(path)
  try {
    mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw new DemoError(`The archive cannot be written to ${directory}: ${(error as Error).message}`)
  }
  return directory
}
