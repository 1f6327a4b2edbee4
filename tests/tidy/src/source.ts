/** A source file as the rules see it: its imports, and its code without comments and string contents. */

export interface Source {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string
  readonly imports: readonly string[]
  /** Comments and the contents of strings replaced by spaces; positions and lines stay. */
  readonly code: string
}

const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{[^}]*\}|[^`\\])*`/g
const importSpecifier = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bimport\.meta\.resolve\(\s*)(['"])([^'"\s()]+)\1/g

/** Keeps `${...}` of templates: it is code. */
function blank(token: string): string {
  if (!token.startsWith('`')) return token.replace(/[^\n]/g, ' ')
  return token.replace(/\$\{[^}]*\}|[^\n]/g, (part) => (part.length > 1 ? part : ' '))
}

export function parseSource(path: string, text: string): Source {
  const withoutComments = text.replace(tokens, (token) => (token.startsWith('/') ? blank(token) : token))
  const imports = Array.from(withoutComments.matchAll(importSpecifier), (match) => match[2] as string)
  return { path, imports, code: text.replace(tokens, blank) }
}

/** The line (from 1) at `position` of `text`. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
