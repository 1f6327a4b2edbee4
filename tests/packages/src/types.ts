/** Type checks a user's program against the published declarations, and those themselves. */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Entry } from './packages.ts'
import { root, run } from './tool.ts'

const program = fileURLToPath(new URL('../programs/user.ts', import.meta.url))

/** How a user's compiler finds modules. */
export const resolutions = ['nodenext', 'bundler'] as const
export type Resolution = (typeof resolutions)[number]

/** Checks the user's program and every entry, with the library's declarations checked too. Throws with the compiler's errors. */
export function checkTypes(entries: readonly Entry[], resolution: Resolution, project: string): void {
  const names = entries.filter(({ isWorker }) => !isWorker).map(({ specifier }) => specifier)
  const everything = names.map((name, index) => `import * as package${index} from '${name}'`)
  const used = names.map((_, index) => `package${index}`).join(', ')
  writeFileSync(join(project, 'everything.ts'), `${everything.join('\n')}\nexport const everything = [${used}]\n`)
  copyFileSync(program, join(project, 'user.ts'))
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const config = join(project, `tsconfig.${resolution}.json`)
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ['everything.ts', 'user.ts'] }, null, 2))
  run(join(root, 'node_modules/.bin/tsc'), ['-p', config], project)
}
