/** `npm run demo`: an order service, watched while things go well and while they do not. */
import { runOrders } from './orders/program.ts'
import { runProgram } from './process.ts'

await runProgram(runOrders)
