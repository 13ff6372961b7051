import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, type ParsedNode, parseDocument } from 'yaml'
import { z } from 'zod'
import { AuthoredForm } from '../../../contracts/index.js'

/** Thrown for authored data that cannot be used; the message names each fault's file, line and field. */
export class AuthoredDataInvalid extends Error {
  override name = 'AuthoredDataInvalid'
  constructor(readonly faults: string[]) {
    super(
      `${faults.length} fault${faults.length === 1 ? '' : 's'} in the authored forms; nothing was loaded:\n${faults.map((f) => `  ${f}`).join('\n')}`,
    )
  }
}

/** The issues of a union are those of the member that came nearest. */
function flatten(issue: z.core.$ZodIssue, above: PropertyKey[] = []): { path: PropertyKey[]; message: string }[] {
  const path = [...above, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path, message: issue.message }]
  const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0]!
  return nearest.flatMap((inner) => flatten(inner, path))
}
const depth = (issues: z.core.$ZodIssue[]): number =>
  Math.max(...issues.map((i) => i.path.length)) - (issues.some((i) => i.code === 'unrecognized_keys') ? 1 : 0)

/** Reads YAML into `schema`; faults are `file:line: field: what`. */
export async function readYaml<T>(file: string, schema: z.ZodType<T>, faults: string[]): Promise<T | undefined> {
  const lines = new LineCounter()
  const document = parseDocument(await readFile(file, 'utf8'), { lineCounter: lines })
  for (const error of document.errors) faults.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0]}`)
  if (document.errors.length > 0) return undefined
  const parsed = schema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  for (const fault of parsed.error.issues.flatMap((issue) => flatten(issue))) {
    let node: unknown
    for (let depth = fault.path.length; depth >= 0 && !node; depth--) node = document.getIn(fault.path.slice(0, depth), true)
    const offset = (node as ParsedNode | undefined)?.range?.[0] ?? 0
    faults.push(`${file}:${lines.linePos(offset).line}: ${fault.path.join('.') || 'file'}: ${fault.message}`)
  }
  return undefined
}

/** The paths of a folder's YAML files, in order. */
export async function yamlFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir)
  return names
    .filter((n) => /\.ya?ml$/.test(n))
    .sort()
    .map((n) => join(dir, n))
}

/**
 * Every form of a folder's YAML files: one form a file, or a list of them.
 * @throws AuthoredDataInvalid naming file, line and field of every fault.
 */
export async function loadForms(dir: string): Promise<AuthoredForm[]> {
  const faults: string[] = []
  const seen = new Map<string, string>()
  const forms: AuthoredForm[] = []
  for (const file of await yamlFiles(dir)) {
    const list = z.union([AuthoredForm, z.array(AuthoredForm)]).transform((value) => [value].flat())
    for (const form of (await readYaml(file, list, faults)) ?? []) {
      const other = seen.get(form.id)
      if (other) faults.push(`${file}: id: ${form.id} is also the id of a form in ${other}`)
      seen.set(form.id, file)
      forms.push(form)
    }
  }
  if (faults.length > 0) throw new AuthoredDataInvalid(faults)
  return forms
}

const SplitFile = z.object({ eval: z.array(z.string().min(1)) }).strict()

/** The families whose forms are never trained on: `split.yaml` of the dataset folder. */
export async function loadSplit(dir: string): Promise<z.infer<typeof SplitFile>> {
  const faults: string[] = []
  const split = await readYaml(join(dir, 'split.yaml'), SplitFile, faults)
  if (!split) throw new AuthoredDataInvalid(faults)
  return split
}
