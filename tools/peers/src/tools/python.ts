/** The Python library of Confluent, that is librdkafka in an application, in a folder of its own. */
import { fileURLToPath } from 'node:url'
import { Child } from '../child.ts'
import { cached, hashOf } from './cached.ts'

const requirements = fileURLToPath(new URL('../../python/requirements.txt', import.meta.url))
const installLimitMs = 240_000

/** Installs what `python/requirements.txt` names, once for its content; the folder for `PYTHONPATH`. */
export function ensurePython(): Promise<string> {
  return cached(`python-${hashOf([requirements])}`, async (directory) => {
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
}
