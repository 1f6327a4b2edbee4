#!/usr/bin/env node
/** The `millrace` command. */
import { commands, processTerminal, readVersion, runCommand, setExitCode } from '@millrace/cli'

const manifest = new URL('../package.json', import.meta.url)
setExitCode(await runCommand(commands, process.argv.slice(2), processTerminal(), readVersion(manifest)))
