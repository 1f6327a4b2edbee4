/** What paths of a log are, for planted bugs that concern some of them. */

export function isRecords(path: string): boolean {
  return path.endsWith('.log')
}

export function isPartitionDirectory(path: string): boolean {
  return /-\d+$/.test(path)
}
