/** `npm run test:soak`: see README.md. Ends with `N passed, N failed`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sleep, systemClock } from '@millrace/base'
import { Broker } from './broker.ts'
import { Clients } from './clients.ts'
import { countByName, type Sample, slopePerMinute } from './growth.ts'
import { parseOptions, usage } from './options.ts'

const sampleMs = 10_000
/** The beginning, in which code is compiled and pools fill, is not growth. */
const warmUpPart = 0.2
const finishLimitMs = 120_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const print = (line: string) => process.stdout.write(`${line}\n`)

async function soak(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  const directory = mkdtempSync(join(tmpdir(), 'millrace-soak-'))
  const broker = new Broker(await freePort(), join(directory, 'data'))
  const warnings: string[] = []
  process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`))
  const resourcesBefore = process.getActiveResourcesInfo()
  try {
    await broker.start()
    const clients = new Clients(broker.port)
    await clients.start(options.recordsPerSecond)
    const heap: Sample[] = []
    const restartCount = await go(options, broker, clients, heap)
    await clients.finish(finishLimitMs)
    await broker.stop('SIGTERM')
    const { sent, acknowledged, repeated } = clients.counts
    print(`${sent} records, ${acknowledged} acknowledged, ${repeated} received again, ${restartCount} restarts`)
    const slope = slopePerMinute(heap.slice(Math.floor(heap.length * warmUpPart)))
    print(`the heap of the clients' process grows by ${(slope / 1024).toFixed(0)} KiB a minute`)
    await sleep(systemClock, 500)
    const left = process.getActiveResourcesInfo()
    print(`open before: ${countByName(resourcesBefore)}; after: ${countByName(left)}`)
    return judge([
      ['nothing is lost, nothing fails', clients.problems],
      ['every record that was sent is acknowledged', sent === acknowledged ? [] : [`${sent - acknowledged} are not`]],
      ['nothing is left open', left.length <= resourcesBefore.length ? [] : [countByName(left)]],
      ['Node has nothing to warn of', warnings],
    ])
  } finally {
    await broker.stop('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Restarts and samples until the time is over; how often the broker was restarted. */
async function go(
  { durationMs, restartMs }: ReturnType<typeof parseOptions>,
  broker: Broker,
  clients: Clients,
  heap: Sample[],
): Promise<number> {
  const startedMs = systemClock.monotonic()
  const elapsedMs = () => systemClock.monotonic() - startedMs
  let restartCount = 0
  for (let nextSampleMs = sampleMs; elapsedMs() < durationMs; ) {
    await sleep(systemClock, 500)
    if (elapsedMs() >= (restartCount + 1) * restartMs && elapsedMs() < durationMs - restartMs / 2) {
      restartCount++
      await broker.stop(restartCount % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
      await sleep(systemClock, 1000)
      await broker.start()
    }
    if (elapsedMs() < nextSampleMs) continue
    nextSampleMs += sampleMs
    collectGarbage()
    const { heapUsed, rss } = process.memoryUsage()
    const minutes = elapsedMs() / 60_000
    heap.push({ minutes, value: heapUsed })
    const { sent, received, repeated } = clients.counts
    const open = countByName(process.getActiveResourcesInfo())
    const sizes = `heap ${mebibytes(heapUsed)}, process ${mebibytes(rss)}, broker ${mebibytes(residentSize(broker.pid))}`
    print(`${minutes.toFixed(1)} min: ${sent} sent, ${received} received, ${repeated} again; ${sizes}; ${open}`)
  }
  return restartCount
}

function judge(cases: readonly (readonly [name: string, problems: readonly string[]])[]): number {
  let failedCount = 0
  for (const [name, problems] of cases) {
    if (problems.length === 0) print(`passed  ${name}`)
    else {
      failedCount++
      print(`FAILED  ${name}\n        ${problems.slice(0, 10).join('\n        ')}`)
    }
  }
  print(`${cases.length - failedCount} passed, ${failedCount} failed`)
  return failedCount === 0 ? 0 : 1
}

const mebibytes = (size: number) => `${(size / 2 ** 20).toFixed(1)} MiB`

/** Of another process; 0 where the system does not tell. */
function residentSize(pid: number | undefined): number {
  try {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(match?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

try {
  process.exitCode = await soak()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
