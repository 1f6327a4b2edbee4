/** The rules over every source file of the repository, and the face that every package must have. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { layers } from './layers.ts'
import { packageOf, rules } from './rules.ts'
import { parseSource } from './source.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
const files = listed.split('\n').filter((path) => path !== '' && existsSync(root + path))
const sources = files.filter((path) => path.endsWith('.ts') && !path.startsWith('tests/tidy/src/rules.test.ts'))
const packages = [
  ...new Set(files.map((path) => /^packages\/[^/]+/.exec(path)?.[0]).filter((path) => path !== undefined)),
]

describe('the repository', () => {
  it('has sources to check', () => {
    expect(sources.length).toBeGreaterThan(50)
  })

  it.each(rules.map((rule) => [rule.name, rule] as const))('keeps %s', (_, rule) => {
    const breaches = sources.flatMap((path) => rule(parseSource(path, readFileSync(root + path, 'utf8'))))
    expect(breaches, breaches.join('\n')).toEqual([])
  })

  it('has no unfinished marks in its sources', () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|expect-error)|\bas any\b|:\s*any\b|\.(skip|only)\(/
    const marked = sources
      .filter((path) => !path.startsWith('tests/tidy/'))
      .flatMap((path) =>
        readFileSync(root + path, 'utf8')
          .split('\n')
          .flatMap((line, index) =>
            marks.test(line) && !/^\s*(\*|\/\/)/.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
          ),
      )
    expect(marked, marked.join('\n')).toEqual([])
  })
})

describe.each(packages)('%s', (folder) => {
  const manifest = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'))

  it('has a README, a front door and a layer', () => {
    expect(existsSync(`${root}${folder}/README.md`), 'README.md').toBe(true)
    expect(existsSync(`${root}${folder}/src/index.ts`), 'src/index.ts').toBe(true)
    expect(manifest.name).toBe(packageOf(`${folder}/`))
    expect(layers[manifest.name]).toBeDefined()
  })

  it('resolves to its sources in development and not when published', () => {
    expect(manifest.exports['.']['@millrace/source']).toBe('./src/index.ts')
    expect(JSON.stringify(manifest.publishConfig.exports)).not.toContain('source')
  })

  it('declares the packages it imports, and no others', () => {
    const imported = new Set<string>()
    for (const path of sources.filter((each) => each.startsWith(`${folder}/src/`) && !each.endsWith('.test.ts'))) {
      // The command, and what its threads run, are bundles of all that they need: what only they import is not installed.
      if (manifest.bin !== undefined && /\/src\/(bin|worker)\.ts$/.test(path)) continue
      for (const specifier of parseSource(path, readFileSync(root + path, 'utf8')).imports) {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
        imported.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
      }
    }
    imported.delete('vitest')
    // The bundled command imports what the bundled packages do; what is optional is found at run time.
    if (manifest.bin !== undefined || manifest.name === '@millrace/base') imported.add('@node-rs/crc32')
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    })
    const text = `declared: ${declared.toSorted().join(' ')}; imported: ${[...imported].toSorted().join(' ')}`
    expect(declared.toSorted(), text).toEqual([...imported].toSorted())
  })
})
