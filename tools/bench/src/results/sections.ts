/** A Markdown page of sections, each replaced by the run that is about it. */

const heading = (name: string) => `## ${name}`

/** The page with the body of section `name` replaced, or with the section added where its name belongs in the order of `names`. */
export function replaceSection(page: string, name: string, body: string, names: readonly string[]): string {
  const [head, sections] = splitSections(page)
  sections.set(name, `${heading(name)}\n\n${body.trim()}\n`)
  const known = names.filter((each) => sections.has(each))
  const unknown = [...sections.keys()].filter((each) => !names.includes(each))
  return [head, ...[...known, ...unknown].map((each) => sections.get(each)!.trim())].join('\n\n').concat('\n')
}

function splitSections(page: string): [head: string, sections: Map<string, string>] {
  const [head = '', ...parts] = page.split(/^(?=## )/m)
  return [head.trim(), new Map(parts.map((part) => [/^## (.+)$/m.exec(part)![1]!.trim(), part]))]
}
