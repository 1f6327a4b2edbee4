/** The layers and the doors, as data: what ARCHITECTURE.md says in prose. */

/** Layer of every package: it imports from lower layers only. Folders outside `packages/` are above all of them. */
export const layers: Readonly<Record<string, number>> = {
  '@millrace/base': 0,
  '@millrace/protocol': 1,
  '@millrace/assignor': 1,
  '@millrace/serde': 1,
  '@millrace/storage': 2,
  '@millrace/raft': 2,
  '@millrace/metadata': 2,
  '@millrace/network': 2,
  '@millrace/coordinator': 3,
  '@millrace/client': 3,
  '@millrace/producer': 4,
  '@millrace/consumer': 4,
  '@millrace/admin': 4,
  '@millrace/broker': 4,
  '@millrace/testing': 5,
  '@millrace/cli': 5,
  millrace: 6,
}

/** Pairs that their layers would allow and the plan forbids. */
export const forbiddenPairs: readonly (readonly [from: string, to: string])[] = [
  ['@millrace/broker', '@millrace/producer'],
  ['@millrace/broker', '@millrace/consumer'],
]

/** Public entries of a package besides its front door. */
export const subpaths: readonly string[] = [
  '@millrace/protocol/worker',
  'millrace/worker',
  '@millrace/storage/inspect',
  '@millrace/storage/testing',
  '@millrace/network/testing',
  '@millrace/client/testing',
  '@millrace/coordinator/testing',
  '@millrace/cli/bin',
  '@millrace/serde/msgpack',
  '@millrace/serde/protobuf',
  '@millrace/serde/confluent',
]

/** The files in packages' sources that may import a `node:` module or a library: one door each, unless the reason is here. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['packages/base/src/system.ts'],
  'node:diagnostics_channel': ['packages/client/src/diagnostics.ts'],
  'node:fs': ['packages/storage/src/fs/node.ts', 'packages/cli/src/system.ts'],
  'node:fs/promises': ['packages/storage/src/fs/node.ts', 'packages/cli/src/system.ts'],
  // The directory lock is a socket, because the system closes it when the process dies, however it dies.
  'node:net': ['packages/network/src/transport/node.ts', 'packages/storage/src/fs/node.ts'],
  'node:os': ['packages/storage/src/fs/node.ts', 'packages/cli/src/system.ts'],
  'node:path': ['packages/cli/src/system.ts'],
  'node:inspector': ['packages/cli/src/system.ts'],
  'node:zlib': ['packages/protocol/src/compression/zlib.ts'],
  'node:readline': ['packages/cli/src/system.ts'],
  'node:module': ['packages/millrace/src/bin.ts'],
  'msgpackr/pack': ['packages/serde/src/msgpack.ts'],
  protobufjs: ['packages/serde/src/protobuf.ts'],
  'node:worker_threads': ['packages/base/src/thread-workers.ts'],
  'node:util': ['packages/cli/src/arguments.ts'],
}

/** Where process-wide things (`process`, `console`) are allowed: the shells that people start. */
export const shells: readonly string[] = [
  'packages/cli/src/system.ts',
  'packages/millrace/src/bin.ts',
  // `process.getBuiltinModule` is how a module of Node is loaded late and at once.
  'packages/protocol/src/compression/zlib.ts',
  // Locks need the process's id, and systems name sockets differently.
  'packages/storage/src/fs/node.ts',
]

/** Where real time, randomness and threads come in. */
export const systemFiles: readonly string[] = ['packages/base/src/system.ts', 'packages/base/src/thread-workers.ts']
