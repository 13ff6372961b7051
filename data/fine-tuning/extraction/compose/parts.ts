import { join } from 'node:path'
import { z } from 'zod'
import { AgencyKind, type AuthoredForm, AuthoredSection } from '../../../../contracts/index.js'
import { AuthoredDataInvalid, readYaml, yamlFiles } from '../load.js'

/** A section that composed forms may use, and the kinds of business where it belongs. */
export interface Part {
  kinds: AgencyKind[]
  section: AuthoredSection
}

const PartFile = z.array(
  AuthoredSection.extend({ kind: z.union([z.array(AgencyKind).min(1), AgencyKind.transform((kind) => [kind])]) }).strict(),
)

/**
 * Every section of a folder's YAML files.
 * @throws AuthoredDataInvalid naming file, line and field of every fault.
 */
export async function loadParts(dir: string): Promise<Part[]> {
  const faults: string[] = []
  const parts: Part[] = []
  for (const file of await yamlFiles(dir)) {
    for (const { kind, ...section } of (await readYaml(file, PartFile, faults)) ?? []) parts.push({ kinds: kind, section })
  }
  if (faults.length > 0) throw new AuthoredDataInvalid(faults)
  return parts
}

/** Sections of hand-checked forms that are not held out, free for composed forms to borrow. */
export function borrowed(forms: AuthoredForm[], held: ReadonlySet<string>): Part[] {
  const usable = forms.filter((f) => f.origin === 'hand' && f.review.state === 'checked' && f.language === 'en' && !held.has(f.family))
  return usable.flatMap((f) => f.sections.map((section) => ({ kinds: [f.kind], section })))
}

export const partsDir = (dir: string): string => join(dir, 'parts')
