/** The door to `node:zlib`. The first batch that needs it loads it: importing a client does not pay for it. */
type Zlib = typeof import('node:zlib')

let loaded: Zlib | undefined

export function zlib(): Zlib {
  loaded ??= process.getBuiltinModule('node:zlib')
  return loaded
}
