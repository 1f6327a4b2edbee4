/** A release, rehearsed in a copy of the workspace: a change is written down, versions go up, packages would be published. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, type PublicPackage, pack, readManifest } from './packages.ts'
import { root, run } from './tool.ts'

const groups = ['packages', 'apps', 'tools', 'tests']
const rootFiles = ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'LICENSE', '.changeset']
const projectFiles = ['package.json', 'README.md', 'CHANGELOG.md', 'dist']

function projectsOf(workspace: string): string[] {
  return groups.flatMap((group) => {
    const names = existsSync(join(workspace, group)) ? readdirSync(join(workspace, group)) : []
    return names.map((name) => join(group, name)).filter((path) => existsSync(join(workspace, path, 'package.json')))
  })
}

/** What deciding versions and packing needs of the workspace, as a repository of its own. */
function copyWorkspace(copy: string): void {
  mkdirSync(copy, { recursive: true })
  const projects = projectsOf(root).flatMap((project) => projectFiles.map((name) => join(project, name)))
  for (const path of [...rootFiles, ...projects]) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  mkdirSync(join(copy, 'node_modules'))
  symlinkSync(join(root, 'node_modules/@changesets'), join(copy, 'node_modules/@changesets'))
  run('git', ['init', '--quiet', '--initial-branch=main'], copy)
}

function commit(copy: string, message: string): void {
  const author = ['-c', 'user.name=Releaser', '-c', 'user.email=releaser@example.org', '-c', 'commit.gpgsign=false']
  run('git', ['add', '--all', '--force', '--', '.', ':!node_modules'], copy)
  run('git', [...author, 'commit', '--quiet', '--message', message], copy)
}

const bumps = ['patch', 'minor', 'major'] as const
type Bump = (typeof bumps)[number]

/** The largest step that the changesets of a workspace ask for. */
function largestBump(copy: string): Bump {
  const texts = readdirSync(join(copy, '.changeset'))
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .map((name) => readFileSync(join(copy, '.changeset', name), 'utf8'))
  const asked = texts.flatMap((text) =>
    Array.from(text.matchAll(/^['"]?[\w@/-]+['"]?: (patch|minor|major)$/gm), ([, bump]) => bump),
  )
  return bumps.findLast((bump) => asked.includes(bump)) ?? 'patch'
}

function nextVersion(version: string, bump: Bump): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (bump === 'major') return `${major + 1}.0.0`
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
}

/** Ranges of siblings in a packed manifest: of this release, and no `workspace:` left. */
function checkPacked(manifest: Manifest, names: ReadonlySet<string>, version: string): void {
  expectSame(`${manifest.name}: the packed version`, manifest.version, version)
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (names.has(name)) expectSame(`${manifest.name}: the range of ${name}`, range, `^${version}`)
    else if (name.startsWith('@millrace/')) throw new Error(`${manifest.name} needs ${name}, which is not published`)
  }
}

function packedManifest(tarball: string): Manifest {
  return JSON.parse(run('tar', ['-xzOf', tarball, 'package/package.json']))
}

/**
 * A changeset for one package, beside those that wait for a release: all public packages get the next version and say so, private ones
 * stay as they are.
 */
export function checkVersions(packages: readonly PublicPackage[], copy: string): void {
  copyWorkspace(copy)
  const before = new Map(projectsOf(copy).map((project) => [project, readManifest(join(copy, project)).version]))
  commit(copy, 'As it is')
  const change = 'Something that users notice'
  writeFileSync(join(copy, '.changeset/change.md'), `---\n'@millrace/producer': minor\n---\n\n${change}.\n`)
  commit(copy, 'A change')
  const bump = largestBump(copy)
  run('changeset', ['version'], copy)
  if (existsSync(join(copy, '.changeset/change.md'))) throw new Error('the changeset was not used')

  const folders = new Set(packages.map(({ folder }) => join('packages', folder)))
  for (const [project, version] of before) {
    const manifest = readManifest(join(copy, project))
    if (!folders.has(project)) {
      expectSame(`${manifest.name}, which is private`, manifest.version, version)
      continue
    }
    const expected = nextVersion(version, bump)
    expectSame(manifest.name, manifest.version, expected)
    const changelog = readFileSync(join(copy, project, 'CHANGELOG.md'), 'utf8')
    if (!changelog.includes(`## ${expected}\n`)) throw new Error(`the changelog of ${manifest.name} lacks ${expected}`)
    expectSame(`the changelog of ${manifest.name}`, changelog.includes(change), manifest.name === '@millrace/producer')
  }
}

/** Packs from the copy after {@link checkVersions}. */
export function checkRanges(packages: readonly PublicPackage[], copy: string, into: string): void {
  const names = new Set(packages.map(({ name }) => name))
  const versions = new Set(packages.map(({ folder }) => readManifest(join(copy, 'packages', folder)).version))
  expectSame('how many versions there are', versions.size, 1)
  const [version = ''] = versions
  for (const each of packages) {
    const tarball = pack({ ...each, directory: join(copy, 'packages', each.folder) }, into)
    checkPacked(packedManifest(tarball), names, version)
  }
}

/** `pnpm publish` up to the upload, for every public package, each after those that it depends on. Needs no registry. */
export function checkPublish(packages: readonly PublicPackage[], copy: string): void {
  const output = run('pnpm', ['publish', '--recursive', '--dry-run', '--no-git-checks'], copy)
  const published = Array.from(output.matchAll(/^📦 (\S+)@\d\S* →/gmu), (match) => match[1] ?? '')
  const names = packages.map(({ name }) => name)
  expectSame('packages to publish', [...published].sort().join(' '), [...names].sort().join(' '))
  for (const { name, manifest } of packages) {
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (!names.includes(dependency) || published.indexOf(dependency) < published.indexOf(name)) continue
      throw new Error(`${name} would be published before ${dependency}, which it needs`)
    }
  }
}
