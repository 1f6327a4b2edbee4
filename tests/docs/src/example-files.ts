/** Examples as files in their packages, where their imports resolve. The folders are ignored by git and removed afterwards. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Example } from './example.ts'

export const folderName = '.docs-test'

export class ExampleFiles {
  readonly #root: string
  readonly #folders = new Set<string>()
  readonly #onExit = () => this.remove()

  constructor(root: string) {
    this.#root = root
    process.once('exit', this.#onExit)
  }

  /** Writes `source` with its document's line numbers, so that messages name the document's lines. Gives the path from the root. */
  write({ folder, document, line }: Example, name: string, source: string): string {
    const title = document.replace(/^.*\/|\.md$/g, '')
    const path = `${this.#folder(folder)}/${name}-${title}-${line}.ts`
    writeFileSync(join(this.#root, path), '\n'.repeat(line - 1) + source)
    return path
  }

  /** A tsconfig for these files alone, strict as the packages' own, except that an example need not use all it declares. */
  writeConfig(paths: readonly string[]): string {
    const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: 'force' }
    const files = paths.map((path) => `../../../${path}`)
    const config = { extends: '../../../tsconfig.json', compilerOptions, files }
    const path = `${this.#folder('tests/docs')}/tsconfig.json`
    writeFileSync(join(this.#root, path), JSON.stringify(config))
    return path
  }

  remove(): void {
    process.off('exit', this.#onExit)
    for (const folder of this.#folders) rmSync(join(this.#root, folder), { recursive: true, force: true })
    this.#folders.clear()
  }

  #folder(parent: string): string {
    const folder = `${parent}/${folderName}`
    if (!this.#folders.has(folder)) {
      // What a run left that was killed.
      rmSync(join(this.#root, folder), { recursive: true, force: true })
      mkdirSync(join(this.#root, folder))
      this.#folders.add(folder)
    }
    return folder
  }
}
