/** A second checkout, as another user of this machine has it: a clone of HEAD, or a copy of what git sees in the working tree. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Child } from './child.ts'

const gitLimitMs = 60_000

/** Throws when git fails. */
export async function checkOut(root: string, directory: string, isWorktree: boolean): Promise<void> {
  if (isWorktree) return copyWorktree(root, directory)
  await new Child('git', ['clone', '--quiet', root, directory], { cwd: root }).succeedsWithin(gitLimitMs)
}

async function copyWorktree(root: string, directory: string): Promise<void> {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const listed = await new Child('git', list, { cwd: root }).succeedsWithin(gitLimitMs)
  for (const path of listed.split('\0')) {
    // What is deleted and not committed is listed all the same.
    if (path === '' || !existsSync(join(root, path))) continue
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    copyFileSync(join(root, path), join(directory, path))
  }
}

/**
 * The environment of a user's shell: without what `npm run` and the bootstrap of this run put into it. The cache folder stays, so that
 * Node and pnpm are not fetched again.
 */
export function userEnvironment(environment: NodeJS.ProcessEnv, node: string): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !/^(npm_(?!config_(registry|userconfig|cache|cafile|https_proxy|proxy)$)|NODE_OPTIONS$|INIT_CWD$)/i.test(name),
  )
  const path = (environment.PATH ?? '').split(':')
  // The bootstrap puts its Node first; a user whose own Node is new enough has it once more.
  if (path[0] === dirname(node)) path.shift()
  const own = path.filter((folder) => !/node_modules\/\.bin$|node-gyp-bin$/.test(folder))
  return { ...Object.fromEntries(kept), PATH: own.join(':') }
}
