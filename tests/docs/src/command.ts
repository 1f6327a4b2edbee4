/** The commands that a README tells its reader to type, in their order. */
import { type Code, codeOf } from './markdown.ts'

export interface ReadmeCommand {
  readonly text: string
  /** In the README. */
  readonly line: number
}

const shellLanguages = ['sh', 'bash', 'shell', 'console']
/** What makes a code span a command: a program and what it is to do. */
const spanStart = /^(?:npm|npx|node|pnpm|bash|millrace) \S/

/**
 * Lines of indented blocks and of shell fences, and code spans that begin with a program of ours. A line that ends in a backslash
 * goes on in the next; what follows ` # ` is for the reader.
 */
export function commandsOf(readme: string): ReadmeCommand[] {
  return codeOf(readme).flatMap((code) => {
    if (code.kind === 'span') return spanStart.test(code.text) ? [{ text: code.text, line: code.line }] : []
    return isShell(code) ? linesOf(code) : []
  })
}

/** Blocks that nothing looks at: fences in none of `languages`, and commands where none are run. */
export function foreignBlocksOf(readme: string, languages: readonly string[], hasCommands: boolean): Code[] {
  return codeOf(readme).filter((code) => {
    if (code.kind === 'span') return false
    return isShell(code) ? !hasCommands : !languages.includes(code.language)
  })
}

function isShell({ kind, language }: Code): boolean {
  return kind === 'indented' || (kind === 'fence' && shellLanguages.includes(language))
}

function linesOf({ text, line }: Code): ReadmeCommand[] {
  const commands: ReadmeCommand[] = []
  let begun = ''
  text.split('\n').forEach((each, index) => {
    const continued = /^(.*)\\$/.exec(each)
    if (continued !== null) {
      begun += `${(continued[1] ?? '').trim()} `
      return
    }
    const command = (begun + each.trim()).replace(/(?:^|\s+)#(?:\s.*)?$/, '')
    begun = ''
    if (command !== '') commands.push({ text: command, line: line + index })
  })
  return commands
}
