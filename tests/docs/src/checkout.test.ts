import { describe, expect, it } from 'vitest'
import { userEnvironment } from './checkout.ts'

describe('the environment of commands', () => {
  it('is that of a shell, whatever this run put into its own', () => {
    const environment = {
      PATH: '/cache/node/bin:/repo/node_modules/.bin:/npm/node-gyp-bin:/usr/bin:/bin',
      NODE_OPTIONS: '--conditions=x',
      npm_lifecycle_event: 'test:docs',
      npm_config_registry: 'https://mirror.example',
      npm_config_loglevel: 'silent',
      MILLRACE_CACHE: '/cache',
      HOME: '/home/me',
    }
    expect(userEnvironment(environment, '/cache/node/bin/node')).toEqual({
      PATH: '/usr/bin:/bin',
      npm_config_registry: 'https://mirror.example',
      MILLRACE_CACHE: '/cache',
      HOME: '/home/me',
    })
  })

  it("keeps the user's own Node", () => {
    expect(userEnvironment({ PATH: '/opt/node/bin:/opt/node/bin:/bin' }, '/opt/node/bin/node')).toEqual({
      PATH: '/opt/node/bin:/bin',
    })
  })
})
