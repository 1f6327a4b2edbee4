/**
 * Finds or fetches the pinned Node and pnpm. Runs on Node 20 with nothing installed, so: plain JavaScript, builtins only.
 *
 * The platform packages are taken, not `node` and `pnpm`: those get their binary by an install script, these are the binary.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const pins = JSON.parse(readFileSync(fileURLToPath(new URL('./toolchain.json', import.meta.url)), 'utf8'))

/** A person can do something about it: `message` says what. */
export class BootstrapError extends Error {}

/** Where fetched tools are kept, for all checkouts of this user: MILLRACE_CACHE, else the user's cache folder. */
export function cacheDirectory(environment = process.env) {
  if (environment.MILLRACE_CACHE) return environment.MILLRACE_CACHE
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace')
}

/** Whether `version` ("v24.11.0") is at least `minimum` ("24.11.0"). */
export function isAtLeast(version, minimum) {
  const [have, want] = [version, minimum].map((text) => text.replace(/^v/, '').split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    if (have[index] !== want[index]) return have[index] > want[index]
  }
  return true
}

/** The path of a Node that can run the sources: this one when it is new enough, else the pinned one. */
export function ensureNode(report = () => {}) {
  if (isAtLeast(process.version, pins.nodeMinimum)) return process.execPath
  return ensureTool('node', report)
}

/** The path of the pinned pnpm. */
export function ensurePnpm(report = () => {}) {
  return ensureTool('pnpm', report)
}

function ensureTool(name, report) {
  const platform = `${process.platform}-${process.arch}`
  const pin = pins[name][platform]
  if (pin === undefined) {
    const known = Object.keys(pins[name]).join(', ')
    const remedy = name === 'node' ? `Install Node ${pins.nodeMinimum} or later yourself and run this again.` : ''
    throw new BootstrapError(`No ${name} binary is known for ${platform} (only for ${known}). ${remedy}`)
  }
  const directory = join(cacheDirectory(), `${name}-${pin.version}-${platform}`)
  const binary = join(directory, 'node_modules', pin.package, pin.binary)
  if (existsSync(binary)) return binary
  report(`Fetching ${name} ${pin.version} (once; kept in ${cacheDirectory()})`)
  fetchPackage(pin, directory)
  const probe = spawnSync(binary, ['--version'], { encoding: 'utf8' })
  if (probe.status !== 0) {
    rmSync(directory, { recursive: true, force: true })
    throw new BootstrapError(
      `${pin.package}@${pin.version} was fetched but does not run on this machine: ${probe.error?.message ?? probe.stderr}`,
    )
  }
  return binary
}

/** Installs into a temporary folder that is renamed into place, so that two that run at once cannot see half a tool. */
function fetchPackage(pin, directory) {
  mkdirSync(cacheDirectory(), { recursive: true })
  const temporary = mkdtempSync(join(cacheDirectory(), 'fetch-'))
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  // Offline, npm's own patience is more than a minute.
  flags.push('--fetch-retries=1', '--fetch-retry-mintimeout=1000')
  const result = spawnSync(npm, ['install', ...flags, '--prefix', temporary, `${pin.package}@${pin.version}`], {
    encoding: 'utf8',
    env: withoutNpmSettings(process.env),
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) {
    rmSync(temporary, { recursive: true, force: true })
    throw new BootstrapError(
      `Could not fetch ${pin.package}@${pin.version} with npm. Is the package registry reachable? ` +
        `The first run needs it; later runs do not.\n${(result.error?.message ?? result.stderr).trim()}`,
    )
  }
  try {
    renameSync(temporary, directory)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
}

/** Inside `npm start`, npm exports its settings (`--silent`, workspaces, prefix); a nested npm must not inherit them. */
function withoutNpmSettings(environment) {
  const kept = [
    'npm_config_registry',
    'npm_config_userconfig',
    'npm_config_cache',
    'npm_config_cafile',
    'npm_config_https_proxy',
    'npm_config_proxy',
  ]
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^npm_/i.test(name) || kept.includes(name.toLowerCase())),
  )
}
