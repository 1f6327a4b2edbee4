/** What this machine can do at best: the ceilings that the other figures are under. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { crc32cPortable } from '@millrace/base'
import { runAgent } from '../agent-run.ts'
import type { Bench, Report, Scenario } from '../bench.ts'
import { agentProgram } from '../clients/programs.ts'
import { formatCount, formatSize, significant } from '../results/table.ts'
import { quantile, summarize } from '../statistics.ts'

interface Limit {
  readonly name: string
  readonly unit: string
  /** Values of all rounds. */
  readonly values: number[]
}

const mebibyte = 2 ** 20

/** Bytes per second that one process gets from another over the loopback, reading in 64 KiB pieces as sockets do. */
async function loopback(frameSize: number, durationMs: number): Promise<number> {
  let received = 0
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.length
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  try {
    const given = { port: address.port, frameSize, durationMs }
    const { elapsedMs } = await runAgent('loopback', agentProgram('loopback'), given, process.pid)
    return (received / elapsedMs) * 1000
  } finally {
    server.close()
  }
}

/** Bytes per second of a function over a MiB that is in the cache. */
function throughput(durationMs: number, work: (bytes: Buffer) => void): number {
  const bytes = Buffer.alloc(mebibyte, 7)
  for (let count = 0; count < 20; count++) work(bytes)
  const startedMs = performance.now()
  let count = 0
  while (performance.now() - startedMs < durationMs) {
    work(bytes)
    count++
  }
  return (count * bytes.length * 1000) / (performance.now() - startedMs)
}

async function nativeCrc32c(): Promise<((bytes: Buffer) => number) | undefined> {
  try {
    return (await import('@node-rs/crc32')).crc32c
  } catch {
    return undefined
  }
}

/** Bytes per second into a file whose pages exist. */
function pageCacheWrite(path: string, durationMs: number): number {
  const size = 256
  const bytes = Buffer.alloc(mebibyte, 7)
  const file = openSync(path, 'w')
  try {
    const pass = () => {
      for (let index = 0; index < size; index++) writeSync(file, bytes, 0, bytes.length, index * bytes.length)
    }
    pass()
    const startedMs = performance.now()
    let passes = 0
    do {
      pass()
      passes++
    } while (performance.now() - startedMs < durationMs)
    return (passes * size * bytes.length * 1000) / (performance.now() - startedMs)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

/** Milliseconds of `fdatasync` after each append of 64 KiB. */
function syncTimes(path: string, count: number): number[] {
  const bytes = Buffer.alloc(65_536, 7)
  const file = openSync(path, 'w')
  try {
    return Array.from({ length: count }, (_, index) => {
      writeSync(file, bytes, 0, bytes.length, index * bytes.length)
      const startedMs = performance.now()
      fdatasyncSync(file)
      return performance.now() - startedMs
    }).toSorted((a, b) => a - b)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

async function run(bench: Bench): Promise<Report> {
  const { options } = bench
  const limits = new Map<string, Limit>()
  const note = (name: string, unit: string, value: number) => {
    const limit = limits.get(name) ?? { name, unit, values: [] }
    limits.set(name, limit)
    limit.values.push(value)
    bench.print(`  ${name}: ${unit === 'ms' ? significant(value) : formatCount(value)} ${unit}`)
  }
  const native = await nativeCrc32c()
  if (native === undefined) bench.leaveOut('native CRC-32C', '@node-rs/crc32 is not installed for this platform')
  const durationMs = options.durationMs / 2
  for (let round = 0; round < options.rounds; round++) {
    for (const frameSize of [65_536, mebibyte]) {
      note(`loopback, frames of ${formatSize(frameSize)}`, 'B/s', await loopback(frameSize, durationMs))
    }
    if (native !== undefined) note('CRC-32C, native', 'B/s', throughput(durationMs, native))
    note(
      'CRC-32C, portable',
      'B/s',
      throughput(durationMs, (bytes) => crc32cPortable(bytes)),
    )
    note('write to the page cache, 1 MiB at a time', 'B/s', pageCacheWrite(bench.path('pages'), durationMs))
    const times = syncTimes(bench.path('synced'), options.isQuick ? 50 : 500)
    note('fdatasync after 64 KiB, median', 'ms', quantile(times, 0.5))
    note('fdatasync after 64 KiB, 99 %', 'ms', quantile(times, 0.99))
  }
  const rows = [...limits.values()].map(({ name, unit, values }) => {
    const { median, min, max } = summarize(values)
    const format = (value: number) => (unit === 'ms' ? `${significant(value)} ms` : `${formatCount(value)}B/s`)
    return [name, format(median), `${format(min)} – ${format(max)}`]
  })
  return {
    tables: [{ title: 'ceilings', head: ['what', 'median', 'min – max'], rows }],
    raw: [...limits.values()],
    notes: [
      'One process to another over 127.0.0.1 with plain Node sockets; checksums over a MiB in the cache; writes over pages that exist.',
    ],
  }
}

export const limits: Scenario = {
  name: 'limits',
  summary: 'the ceilings of this machine: loopback, CRC-32C, page cache, fdatasync',
  goals: 'P13',
  peers: [],
  run,
}
