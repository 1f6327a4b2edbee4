/**
 * What is published: every package built, packed, checked, installed with npm in empty projects, and used there. Ends with
 * `N passed, N failed`. README.md says what is checked.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkClients } from './client-suite.ts'
import { checkEntries } from './entry-suite.ts'
import { checkDeclared } from './imports.ts'
import { findNodes } from './nodes.ts'
import { type Options, type Part, parseOptions, usage } from './options.ts'
import { type PublicPackage, pack, publicPackages } from './packages.ts'
import { checkPublish, checkRanges, checkVersions } from './release.ts'
import { Report } from './report.ts'
import type { Suite } from './suite.ts'
import { root, run } from './tool.ts'

async function checkPackage({ report, tarballs }: Suite, each: PublicPackage): Promise<void> {
  await report.check(`${each.name}: the manifest is what Node and bundlers want (publint)`, () => {
    run('publint', ['--strict', each.directory])
  })
  await report.check(`${each.name}: the types resolve (attw)`, () => {
    run('attw', [tarballs.get(each.name) ?? '', '--profile', 'esm-only', '--format', 'ascii'])
  })
  await report.check(`${each.name}: it imports only what it declares`, () => checkDeclared(each))
}

async function checkRelease({ report, packages, workspace }: Suite): Promise<void> {
  const copy = join(workspace, 'release')
  const tarballs = join(workspace, 'release-tarballs')
  await report.check('a changeset raises the version of all packages', () => checkVersions(packages, copy))
  await report.check('packed, they want each other in that version', () => checkRanges(packages, copy, tarballs))
  await report.check('pnpm would publish them, in order', () => checkPublish(packages, copy))
}

async function checkReference({ report }: Suite): Promise<void> {
  const reference = join(root, 'tools/api-reference/src/main.ts')
  await report.check('every export of the SDK is documented', () => void run(process.execPath, [reference, '--check']))
}

async function packAll(report: Report, packages: readonly PublicPackage[], into: string): Promise<Map<string, string>> {
  const tarballs = new Map<string, string>()
  for (const each of packages) {
    const tarball = await report.check(`${each.name}: it packs`, () => pack(each, into))
    if (tarball !== undefined) tarballs.set(each.name, tarball)
  }
  return tarballs
}

async function runSuite(options: Options, workspace: string, packages: readonly PublicPackage[]): Promise<boolean> {
  const report = new Report()
  const has = (part: Part) => options.parts.includes(part)
  const nodes = (await report.check('the Nodes are there', () => findNodes(options))) ?? []
  await report.check('every package builds', () => void run('turbo', ['run', 'build']))
  const tarballs = await packAll(report, packages, join(workspace, 'tarballs'))
  const suite: Suite = { report, workspace, nodes, packages, tarballs }
  if (has('packages')) for (const each of packages) await checkPackage(suite, each)
  if (has('types') || has('nodes')) await checkEntries(suite, has('types'), has('nodes'))
  if (has('clients') || has('figures')) {
    await checkClients(suite, has('clients'), has('figures') ? { json: options.json } : undefined)
  }
  if (has('release')) await checkRelease(suite)
  if (has('docs')) await checkReference(suite)
  console.log(report.summary)
  return report.passed
}

async function main(): Promise<boolean> {
  const options = parseOptions(process.argv.slice(2))
  const workspace = mkdtempSync(join(realpathSync(tmpdir()), 'millrace-packages-'))
  const packages = publicPackages()
  process.once('exit', () => {
    // Bundles that are left would run instead of the sources when the condition is forgotten.
    for (const { directory } of packages) rmSync(join(directory, 'dist'), { recursive: true, force: true })
    rmSync(workspace, { recursive: true, force: true })
  })
  return await runSuite(options, workspace, packages)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
