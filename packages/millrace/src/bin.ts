#!/usr/bin/env node
/** The `millrace` command. What it needs is loaded after the compile cache is on, so that the second start is faster. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { commands, processTerminal, readVersion, runCommand, setExitCode } = await import('@millrace/cli')
const manifest = new URL('../package.json', import.meta.url)
setExitCode(await runCommand(commands, process.argv.slice(2), processTerminal(), readVersion(manifest)))
