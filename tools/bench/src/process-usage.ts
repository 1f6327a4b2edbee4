/** What a process has used, as Linux tells in /proc. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Clock ticks a second, as /proc/PID/stat counts on every Linux. */
const ticksPerSecond = 100

/** User and system time, in seconds, of the text of /proc/PID/stat. */
export function parseCpuSeconds(stat: string): number {
  // The second field is the program's name in parentheses and may have blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  if (!Number.isFinite(user) || !Number.isFinite(system)) throw new Error(`Not a /proc/PID/stat: ${stat.slice(0, 200)}`)
  return (user + system) / ticksPerSecond
}

/** Bytes of a field of the text of /proc/PID/status, such as `VmRSS` or `VmHWM`. */
export function parseMemory(status: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)
  if (match === null) throw new Error(`/proc/PID/status has no ${field}`)
  return Number(match[1]) * 1024
}

/** User and system time since the process began, in seconds. */
export function cpuSecondsOf(pid: number): number {
  return parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Resident bytes now. */
export function residentSizeOf(pid: number): number {
  return parseMemory(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS')
}

/** The most resident bytes since the process began, or since the last `forgetPeak`. */
export function peakSizeOf(pid: number): number {
  return parseMemory(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM')
}

/** Lets the peak begin anew at what is resident now; where the system does not let, it stays. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // Only the owner may, and not in every container.
  }
}
