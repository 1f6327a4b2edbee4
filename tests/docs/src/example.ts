/** An example of a document: what it needs, whether it can be run, and how it ends. Decided from its text alone. */
import { stripTypeScriptTypes } from 'node:module'
import { codeOf } from './markdown.ts'

/**
 * - `ends`: it ends by itself.
 * - `endless`: a loop over what may always come, without a way out. It is ended by a signal once it has shown that it works.
 * - `not-run`: it is type-checked only.
 */
export type RunMode = { readonly kind: 'ends' | 'endless' } | { readonly kind: 'not-run'; readonly reason: string }

export interface Example {
  /** The package whose imports it uses, from the root: `packages/producer`. */
  readonly folder: string
  /** What it stands in, from the root: `packages/producer/README.md`. */
  readonly document: string
  /** Of its first line in the document. */
  readonly line: number
  readonly source: string
  readonly mode: RunMode
}

const brokerAddress = /\b(?:localhost|127\.0\.0\.1):9092\b/g

/** The examples of a document for users of a package. */
export function examplesOf(folder: string, document: string, content: string): Example[] {
  return codeOf(content)
    .filter(({ kind, language }) => kind === 'fence' && language === 'ts')
    .map(({ text, line }) => ({ folder, document, line, source: text, mode: runModeOf(text) }))
}

export function runModeOf(source: string): RunMode {
  if (/^\s*(?:export\s+)?declare\s/m.test(source)) return { kind: 'not-run', reason: 'it declares what it lacks' }
  if (isTypesOnly(source)) return { kind: 'not-run', reason: 'it has types only' }
  const isEndless = /\bfor await\b/.test(source) && !/\b(?:break|return)\b/.test(source)
  return { kind: isEndless ? 'endless' : 'ends' }
}

function isTypesOnly(source: string): boolean {
  let code: string
  try {
    code = stripTypeScriptTypes(source)
  } catch {
    // Whatever is wrong with it, the type check and Node say it better.
    return false
  }
  return (
    code
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replaceAll(/\bimport\b[^;'"]*['"][^'"]*['"]/g, '')
      .replaceAll(/\bexport\s*\{\s*\}/g, '')
      .replaceAll(/[\s;]/g, '') === ''
  )
}

/** Whether it talks to the broker that `npm start` would have started. */
export function connects(source: string): boolean {
  return source.search(brokerAddress) !== -1
}

/** The one rule of replacement: the address of the broker that a reader has started becomes that of the suite's. */
export function withAddress(source: string, address: string): string {
  return source.replaceAll(brokerAddress, address)
}

/**
 * The topics that an example reads and nothing in it writes: those the suite writes to while the example runs. Empty for one that
 * makes its own records.
 */
export function fedTopicsOf(source: string): string[] {
  if (!/\bnew Consumer\b/.test(source) || /\bnew Producer\b/.test(source)) return []
  const mentions = source.matchAll(/\b(?:topics?|subscribe)\s*[:(]\s*(\[[^\]]*\]|'[^']*')/g)
  const names = Array.from(mentions, ([, text = '']) =>
    Array.from(text.matchAll(/'([^']+)'/g), ([, name = '']) => name),
  )
  return [...new Set(names.flat())]
}
