/** Every entry of every package: its types, its import on each Node, and what it says where an optional peer is missing. */
import { checkImport, checkImportWithout, importedPackages } from './imports.ts'
import { readManifest } from './packages.ts'
import { fromTarballs, installProject, type Suite } from './suite.ts'
import { root } from './tool.ts'
import { checkTypes, resolutions } from './types.ts'

/** All packages side by side with their peers; and those that have optional ones, without. */
export async function checkEntries(suite: Suite, hasTypes: boolean, hasImports: boolean): Promise<void> {
  const { report, packages, nodes } = suite
  const peers = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).map((peer) => [peer, manifest.devDependencies?.[peer] ?? '*']),
  )
  const project = await installProject(suite, 'the packages with their peers', {
    ...fromTarballs(packages.map(({ name }) => name)),
    ...Object.fromEntries(peers),
    '@types/node': readManifest(root).devDependencies?.['@types/node'] ?? '*',
  })
  const entries = packages.flatMap((each) => each.entries)
  for (const resolution of hasTypes ? resolutions : []) {
    await report.check(`types check, those of libraries too (${resolution})`, () =>
      checkTypes(entries, resolution, project),
    )
  }
  if (!hasImports) return
  for (const node of nodes) {
    await report.check(`Node ${node.version} imports each of the ${entries.length} entries`, () => {
      for (const entry of entries) checkImport(entry, node, project)
    })
  }
  await checkWithoutPeers(suite)
}

async function checkWithoutPeers(suite: Suite): Promise<void> {
  const owners = suite.packages.filter(({ manifest }) => manifest.peerDependencies !== undefined)
  const project = await installProject(suite, 'without peers', fromTarballs(owners.map(({ name }) => name)))
  for (const { manifest, entries } of owners) {
    const peers = Object.keys(manifest.peerDependencies ?? {})
    for (const entry of entries) {
      const peer = (await importedPackages(entry.file)).find((name) => peers.includes(name))
      const what = peer === undefined ? 'needs no peer' : `names its peer ${peer} when that is missing`
      await suite.report.check(`${entry.specifier} ${what}`, () => {
        for (const node of suite.nodes) {
          if (peer === undefined) checkImport(entry, node, project)
          else checkImportWithout(peer, entry, node, project)
        }
      })
    }
  }
}
