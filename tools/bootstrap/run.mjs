/**
 * The entry of every root script: brings up the toolchain and the workspace, then becomes the command.
 *
 *     node tools/bootstrap/run.mjs millrace <args>   the product, from source
 *     node tools/bootstrap/run.mjs node <args>       a program of the workspace on the pinned Node
 *     node tools/bootstrap/run.mjs pnpm <args>       pnpm on the pinned Node
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { become } from './child.mjs'
import { BootstrapError, cacheDirectory, ensureNode, ensurePnpm } from './toolchain.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const report = (message) => process.stderr.write(`${message}\n`)

/** What an installation depends on: the lockfile, pnpm's settings and every manifest. */
function installationHash() {
  const hash = createHash('sha256')
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, name)))
  for (const group of ['packages', 'apps', 'tools', 'tests']) {
    if (!existsSync(join(root, group))) continue
    for (const name of readdirSync(join(root, group)).sort()) {
      const manifest = join(root, group, name, 'package.json')
      if (existsSync(manifest)) hash.update(readFileSync(manifest))
    }
  }
  return hash.digest('hex')
}

/** Installs from the lockfile when anything that decides the installation changed since the last time. */
function ensureInstalled(environment) {
  const marker = join(root, 'node_modules', '.millrace-installed')
  const hash = installationHash()
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  const pnpm = ensurePnpm(report)
  report('Installing the workspace from the lockfile')
  const result = spawnSync(pnpm, ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    encoding: 'utf8',
    env: environment,
  })
  if (result.status !== 0) {
    throw new BootstrapError(
      `pnpm install failed. Is the package registry reachable?\n${result.error?.message ?? `${result.stdout}${result.stderr}`}`.trim(),
    )
  }
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, hash)
}

/** The environment of everything that runs: the pinned Node first on PATH, caches on, enough threads for file IO. */
function environmentFor(node) {
  return {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory(), 'compile-cache'),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
}

function main([command, ...args]) {
  const node = ensureNode(report)
  const environment = environmentFor(node)
  ensureInstalled(environment)
  const source = ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning']
  switch (command) {
    case 'millrace':
      return become(node, [...source, join(root, 'packages/millrace/src/bin.ts'), ...args], {
        env: environment,
        bound: true,
      })
    case 'node':
      return become(node, [...source, ...args], { env: environment, cwd: root })
    case 'pnpm':
      return become(ensurePnpm(report), args, { env: environment, cwd: root })
    default:
      throw new BootstrapError(`Unknown command ${JSON.stringify(command)}: expected millrace, node or pnpm`)
  }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error
  report(error.message)
  process.exitCode = 1
}
