/** Fetched tools, kept in the user's cache for all checkouts: the folder that the bootstrap uses too. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.MILLRACE_CACHE) return environment.MILLRACE_CACHE
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace')
}

/** Names a folder by the content of what it is made from. */
export function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

/** A folder of the cache, filled once: in a temporary folder that is renamed, so that two runs cannot see half of it. */
export async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const target = join(cacheDirectory(), name)
  if (existsSync(target)) return target
  mkdirSync(cacheDirectory(), { recursive: true })
  const temporary = mkdtempSync(join(cacheDirectory(), 'fetch-'))
  try {
    await fill(temporary)
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}
