/** Every command. `millrace --help` lists them in this order. */
import type { Command } from '../command.ts'
import { kafkaConfigCommand } from './kafka-config.ts'
import { startCommand } from './start.ts'

export const commands: readonly Command[] = [startCommand, kafkaConfigCommand]
