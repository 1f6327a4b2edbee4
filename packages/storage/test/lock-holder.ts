/** A process that takes a lock, says so, and holds it until it dies: `fork(lock-holder.ts, [path])`. */
import { NodeFileSystem } from '../src/fs/node.ts'

await new NodeFileSystem().lock(process.argv[2] as string)
process.send?.('locked')
process.on('disconnect', () => process.exit())
