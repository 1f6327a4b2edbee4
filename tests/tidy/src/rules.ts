/** The rules, as pure functions of a source file. A breach is a sentence that says where, what and why. */
import { doors, forbiddenPairs, layers, shells, subpaths, systemFiles } from './layers.ts'
import { lineAt, type Source } from './source.ts'

export type Rule = (source: Source) => string[]

/** Test code, conformance suites included, runs on the real machine; the rules about ports are for what users run. */
function isTest(path: string): boolean {
  return /\.test\.ts$|\.test-d\.ts$|\/test\/|conformance\.ts$|\/testing\.ts$/.test(path)
}

function isPackageSource(path: string): boolean {
  return /^packages\/[^/]+\/src\//.test(path) && !isTest(path)
}

/** The package a file belongs to, by the folder's name; undefined above the packages. */
export function packageOf(path: string): string | undefined {
  const folder = /^packages\/([^/]+)\//.exec(path)?.[1]
  return folder === undefined || folder === 'millrace' ? folder : `@millrace/${folder}`
}

function isOurs(specifier: string): boolean {
  return specifier === 'millrace' || specifier.startsWith('millrace/') || specifier.startsWith('@millrace/')
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const isThreadEntry = (specifier: string): boolean => subpaths.includes(specifier) && specifier.endsWith('/worker')

export const layerRule: Rule = ({ path, imports }) => {
  const from = packageOf(path)
  const layer = from === undefined ? Number.POSITIVE_INFINITY : layers[from]
  if (layer === undefined) return [`${path}: package ${from} has no layer in layers.ts`]
  return imports.filter(isOurs).flatMap((specifier) => {
    const to = packageName(specifier)
    const target = layers[to]
    if (to === from)
      // What a thread runs is found by name, because it is elsewhere once it is bundled.
      return isTest(path) || isThreadEntry(specifier)
        ? []
        : [`${path}: imports its own package by name (${specifier}); use a relative path`]
    if (target === undefined) {
      return from === undefined ? [] : [`${path}: imports ${specifier}, which is no package of a lower layer`]
    }
    if (forbiddenPairs.some(([a, b]) => a === from && b === to)) return [`${path}: ${from} never imports ${to}`]
    // Tests may use a package of the same layer or a test part of any lower one.
    if (target < layer || (isTest(path) && target === layer)) return []
    return [`${path}: ${from} (layer ${layer}) imports ${to} (layer ${target}); only lower layers may be imported`]
  })
}

export const deepPathRule: Rule = ({ path, imports }) =>
  imports.flatMap((specifier) => {
    if (specifier.startsWith('.')) {
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1)
      const root = /^[^/]+\/[^/]+\//.exec(path)?.[0] ?? ''
      const isSharedConfig = /^(vitest|tsdown)\.(shared|config)\.ts$/.test(target)
      if (root !== '' && !target.startsWith(root) && !isSharedConfig) {
        return [`${path}: reaches into another package by a relative path (${specifier})`]
      }
      return /\.(ts|mjs|json)$/.test(specifier) ? [] : [`${path}: relative import ${specifier} has no file ending`]
    }
    if (!isOurs(specifier) || specifier === packageName(specifier) || subpaths.includes(specifier)) return []
    return [`${path}: deep import ${specifier}; only the front door of a package is public`]
  })

export const doorRule: Rule = ({ path, imports }) => {
  if (!isPackageSource(path)) return []
  return imports.flatMap((specifier) => {
    if (specifier.startsWith('.') || isOurs(specifier)) return []
    if (doors[specifier]?.includes(path)) return []
    const allowed = doors[specifier]
    return [
      allowed === undefined
        ? `${path}: imports ${specifier}, which has no door in layers.ts`
        : `${path}: imports ${specifier}; its door is ${allowed.join(', ')}`,
    ]
  })
}

/** Time, randomness and threads from outside their ports, each with what to use. */
const hidden: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bDate\.now\b/g, 'Clock.now'],
  [/\bnew Date\(\s*\)/g, 'Clock.now'],
  [/\bperformance\b/g, 'Clock.monotonic'],
  [/\bprocess\.hrtime\b/g, 'Clock.monotonic'],
  [/(?<!\.)\bset(?:Timeout|Interval)\b/g, 'Clock.schedule'],
  [/\bglobalThis\.set(?:Timeout|Interval|Immediate)\b/g, 'Clock'],
  [/\bsetImmediate\b/g, 'Clock.defer'],
  [/\bnextTick\b/g, 'queueMicrotask or Clock.defer'],
  [/\bAbortSignal\.timeout\b/g, 'Clock.schedule'],
  [/\bMath\.random\b/g, 'Random'],
  [/\bcrypto\.(?:random\w*|getRandomValues)\b/g, 'Random'],
  [/\brandom(?:UUID|FillSync|Int)\b/g, 'Random'],
  [/\bWeakRef\b/g, 'an owner that releases'],
  [/\bFinalizationRegistry\b/g, 'an owner that releases'],
  [/\bnew Worker\b/g, 'the workers port'],
]

export const portRule: Rule = ({ path, code, imports }) => {
  if (!isPackageSource(path) || systemFiles.includes(path)) return []
  const found = hidden.flatMap(([pattern, instead]) =>
    Array.from(
      code.matchAll(pattern),
      (match) => `${path}:${lineAt(code, match.index)}: ${match[0]} is outside its port; use ${instead}`,
    ),
  )
  const timers = imports.filter((specifier) => /^(node:)?timers/.test(specifier))
  return [...found, ...timers.map((specifier) => `${path}: imports ${specifier}; use Clock`)]
}

export const shellRule: Rule = ({ path, code }) => {
  if (!isPackageSource(path) || shells.includes(path) || systemFiles.includes(path)) return []
  return Array.from(
    code.matchAll(/(?<![.\w'])(process|console)\s*\.\s*\w+/g),
    (match) => `${path}:${lineAt(code, match.index)}: ${match[0]} belongs to the shells that people start`,
  )
}

export const exportRule: Rule = ({ path, code }) => {
  if (!path.startsWith('packages/')) return []
  return Array.from(
    code.matchAll(/\bexport\s+(\*|default\b)/g),
    (match) => `${path}:${lineAt(code, match.index)}: export ${match[1]}; exports are named`,
  ).filter((breach) => !/vitest\.config|tsdown\.config/.test(breach))
}

/** `using` is not understood by Node 22 sources, which published code must run on. */
export const syntaxRule: Rule = ({ path, code }) => {
  if (!isPackageSource(path)) return []
  return Array.from(
    code.matchAll(/^\s*(?:await\s+)?using\s+\w+\s*=/gm),
    (match) => `${path}:${lineAt(code, match.index)}: \`using\` in published code; Node 22 cannot parse it`,
  )
}

export const rules: readonly Rule[] = [layerRule, deepPathRule, doorRule, portRule, shellRule, exportRule, syntaxRule]
