import { libraryConfig } from '../../tsdown.shared.ts'

// The SDK leaves its packages external; the command is whole in itself, so that one package is all that is started.
export default [
  libraryConfig(),
  {
    ...libraryConfig(['src/bin.ts']),
    dts: false,
    clean: false,
    deps: { alwaysBundle: [/^@millrace\//], neverBundle: ['koffi', '@node-rs/crc32'] },
  },
]
