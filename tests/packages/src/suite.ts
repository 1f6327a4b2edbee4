/** What the parts of the suite share. */
import { join } from 'node:path'
import type { NodeBinary } from './nodes.ts'
import type { PublicPackage } from './packages.ts'
import { makeProject, type Tarballs } from './project.ts'
import type { Report } from './report.ts'

export interface Suite {
  readonly report: Report
  /** An empty folder, outside of the workspace, removed at the end. */
  readonly workspace: string
  readonly nodes: readonly NodeBinary[]
  readonly packages: readonly PublicPackage[]
  readonly tarballs: Tarballs
}

/** Makes a project with packed packages (their versions are ignored) and others; gives its folder. */
export async function installProject(
  { report, workspace, tarballs }: Suite,
  name: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  const project = join(workspace, 'projects', name)
  const names = Object.keys(dependencies).length > 4 ? `all of ${name}` : Object.keys(dependencies).join(', ')
  await report.check(`npm installs ${names}`, () => makeProject(project, dependencies, tarballs))
  return project
}

/** Versions of packages that come from their tarballs. */
export function fromTarballs(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '*']))
}
