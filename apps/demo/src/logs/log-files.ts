/** The log files of this machine, as far as this user may read them. */
import { execFile } from 'node:child_process'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Random, randomBelow } from '@millrace/base'
import type { LogFile } from './log-line.ts'

export interface LogFiles {
  readonly files: readonly LogFile[]
  /** What was left out and why, and where lines come from if not from files; a sentence each. */
  readonly notes: readonly string[]
}

const directory = '/var/log'
/** Of the path below the directory. `journal` is binary; its text comes from journalctl. */
const logName = /(?:^|\/)(?:[^/]*\.log|syslog|messages)$/
const filesMax = 200
const fileSizeMax = 8 * 1024 ** 2
const totalSizeMax = 64 * 1024 ** 2
const journalLineCount = 20_000
const journalLimitMs = 5000
const generatedLineCount = 5000

/** Never empty: where nothing can be read, lines are made up. */
export async function findLogFiles(random: Random): Promise<LogFiles> {
  const notes: string[] = []
  const files: LogFile[] = []
  let size = 0
  const add = (file: LogFile | undefined) => {
    if (file === undefined || file.content.length === 0) return
    files.push(file)
    size += file.content.length
  }
  const paths = await logPaths()
  if (paths.length > filesMax) notes.push(`${paths.length - filesMax} files are left out: ${filesMax} are enough`)
  let unreadableCount = 0
  for (const path of paths.slice(0, filesMax)) {
    if (size >= totalSizeMax) break
    try {
      add({ name: path, content: await readStart(path, Math.min(fileSizeMax, totalSizeMax - size)) })
    } catch {
      unreadableCount++
    }
  }
  if (unreadableCount > 0) notes.push(`${unreadableCount} files in ${directory} cannot be read by this user`)
  if (size < totalSizeMax) add(await readJournal())
  if (files.length > 0) return { files, notes }
  notes.push(`there is nothing to read in ${directory}, so the lines are made up`)
  return { files: [generatedFile(random, 'web.log'), generatedFile(random, 'worker.log')], notes }
}

async function logPaths(): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    return paths.filter((path) => logName.test(path.slice(directory.length))).sort()
  } catch {
    return []
  }
}

/** The first `sizeMax` bytes: the file may grow while it is read. */
async function readStart(path: string, sizeMax: number): Promise<Buffer> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const { size } = await file.stat()
    const content = Buffer.alloc(Math.min(size, sizeMax))
    let position = 0
    while (position < content.length) {
      const { bytesRead } = await file.read(content, position, content.length - position, position)
      if (bytesRead === 0) break
      position += bytesRead
    }
    return content.subarray(0, position)
  } finally {
    await file?.close()
  }
}

/** Undefined where there is no journal, or none for this user. */
function readJournal(): Promise<LogFile | undefined> {
  const args = ['--no-pager', '--quiet', '--output=short-iso', `--lines=${journalLineCount}`]
  const options = { encoding: 'buffer', timeout: journalLimitMs, maxBuffer: fileSizeMax } as const
  return new Promise((resolve) => {
    execFile('journalctl', args, options, (error, content) => {
      resolve(error === null ? { name: 'journal', content } : undefined)
    })
  })
}

const events = [
  'GET /orders 200',
  'GET /orders 404 not found',
  'connection closed by peer',
  'error: could not reach the payment provider',
  'cache miss for customer 17',
  'warning: queue is 80% full',
  'job finished',
] as const

/** Lines that look like a log's, always the same for a seed. */
export function generatedFile(random: Random, name: string, lineCount = generatedLineCount): LogFile {
  const lines = Array.from({ length: lineCount }, (_, index) => {
    const time = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString()
    return `${time} ${name.replace('.log', '')}[${1000 + randomBelow(random, 9)}]: ${events[randomBelow(random, events.length)]}\n`
  })
  return { name: `generated/${name}`, content: Buffer.from(lines.join('')) }
}
