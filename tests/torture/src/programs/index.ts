/** All programmes. */
import { cut } from './cut.ts'
import { errors } from './errors.ts'
import { flip } from './flip.ts'
import { model } from './model.ts'
import { power } from './power.ts'
import type { Program } from './program.ts'

export const programs: readonly Program[] = [cut, flip, power, errors, model]

/** Throws when there is none of the name. */
export function programByName(name: string): Program {
  const found = programs.find((program) => program.name === name)
  if (found === undefined) throw new Error(`There is no programme ${name}`)
  return found
}
