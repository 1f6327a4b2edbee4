/** `npm run demo:logs`: this machine's log files, read three ways. */
import { runLogs } from './logs/program.ts'
import { runProgram } from './process.ts'

await runProgram(runLogs)
