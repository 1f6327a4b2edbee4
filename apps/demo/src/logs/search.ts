/** Search: counts the lines that have a word, by file. */
import { Positions } from '../positions.ts'
import type { LineReader, ReadLine } from './line-reader.ts'
import { textOf } from './log-line.ts'

export class Search implements LineReader {
  readonly name = 'search'
  readonly word: string
  readonly #lowerWord: string
  readonly #positions = new Positions()
  readonly #countByFile = new Map<string, number>()
  matchCount = 0

  /** Upper and lower case are the same. */
  constructor(word: string) {
    this.word = word
    this.#lowerWord = word.toLowerCase()
  }

  get lineCount(): number {
    return this.#positions.handledCount
  }

  handle({ partition, offset, file, line }: ReadLine): void {
    if (!this.#positions.advance(partition, offset)) return
    if (!textOf(line).toLowerCase().includes(this.#lowerWord)) return
    this.matchCount++
    this.#countByFile.set(file, (this.#countByFile.get(file) ?? 0) + 1)
  }

  /** The files with the most matches, the most first. */
  top(count: number): readonly (readonly [file: string, matchCount: number])[] {
    return [...this.#countByFile].sort(([, a], [, b]) => b - a).slice(0, count)
  }
}
