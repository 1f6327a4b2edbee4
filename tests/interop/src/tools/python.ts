/** The Python library of Confluent, that is librdkafka in an application, in a folder of its own. */
import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { cached, hashOf } from './cached.ts'

const sources = fileURLToPath(new URL('../../python/', import.meta.url))
const installLimitMs = 240_000

/** What runs the suite's own Python programs. */
export interface Python {
  /** The folder with the programs. */
  readonly sources: string
  /** For `PYTHONPATH`. */
  readonly libraries: string
}

/** Installs what `python/requirements.txt` names, once for its content. */
export async function ensurePython(): Promise<Python> {
  const requirements = `${sources}requirements.txt`
  const libraries = await cached(`python-${hashOf([requirements])}`, async (directory) => {
    const child = new Child({
      name: 'pip install',
      command: 'python3',
      args: [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--target',
        directory,
        '-r',
        requirements,
      ],
    })
    child.stdin.end()
    await child.succeeds(installLimitMs)
  })
  return { sources, libraries }
}
