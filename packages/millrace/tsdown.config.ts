import { libraryConfig } from '../../tsdown.shared.ts'

/** Whole in itself, so that one package is all that is started. */
const program = (entry: string, dts: boolean) => ({
  ...libraryConfig([entry]),
  dts,
  clean: false,
  deps: { alwaysBundle: [/^@millrace\//], neverBundle: ['koffi', '@node-rs/crc32'] },
})

// The SDK leaves its packages external; the command and what its threads run are programs.
export default [libraryConfig(), program('src/bin.ts', false), program('src/worker.ts', true)]
