#!/usr/bin/env node
/** The `millrace` command. What it needs is loaded after the compile cache is on, so that the second start is faster. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { commands, processTerminal, readVersion, runCommand, setExitCode } = await import('@millrace/cli')
const manifest = new URL('../package.json', import.meta.url)
const workerEntry = () => new URL(import.meta.resolve('millrace/worker'))
const context = { terminal: processTerminal(), workerEntry }
setExitCode(await runCommand(commands, process.argv.slice(2), context, readVersion(manifest)))
