/** Colours, and text measured and cut as the reader sees it: without the escape sequences. */
import { stripVTControlCharacters, styleText } from 'node:util'

type Style = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>

/** Gives `text` in a style; or as it is, where there are no colours. */
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_, text) => text
export const colored: Paint = (style, text) => styleText(style, text, { validateStream: false })

const memberStyles: readonly Style[] = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'white', 'gray']

/** The colour of the first, second, ... member of a group; numbers begin with 1. */
export function memberStyle(number: number): Style {
  return memberStyles[(number - 1) % memberStyles.length] as Style
}

/** Columns that `text` takes; every character here is one wide. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

const esc = String.fromCharCode(27)
/** An escape sequence that sets colours, or one character. */
const tokens = new RegExp(`${esc}\\[[0-9;]*m|.`, 'gsu')

/** Cuts `text` to `width` columns. Escape sequences behind the cut stay, so that no colour leaks into what follows. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let left = width
  let result = ''
  for (const [token] of text.matchAll(tokens)) {
    if (token.startsWith(esc)) result += token
    else if (left-- > 0) result += token
  }
  return result
}
