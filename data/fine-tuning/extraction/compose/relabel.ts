import type { AuthoredField, AuthoredSection, AuthoredTable } from '../../../../contracts/index.js'
import type { Random } from '../render/random.js'

/** Whole captions that forms word in many ways. */
const SYNONYMS: string[][] = [
  ['Last name', 'Surname', 'Family name', 'Name (last)'],
  ['First name', 'Given name', 'Forename', 'First'],
  ['Full name', 'Full legal name', 'Name', 'Complete name'],
  ['Date of birth', 'Birth date', 'Birthdate', 'DOB', 'Born on'],
  ['Place of birth', 'Birthplace', 'City and state of birth', 'Where born'],
  [
    'Street address',
    'Number and street',
    'Home address',
    'Residence address',
    'Address line 1',
    'Street or P.O. box',
    'House number and street name',
  ],
  ['City or town', 'City', 'Town', 'Municipality', 'City, town or post office', 'Village or city'],
  ['ZIP code', 'ZIP', 'Postal code', 'ZIP + 4'],
  ['Cell phone', 'Mobile phone', 'Mobile number', 'Cellular telephone'],
  ['Home telephone', 'Home phone', 'Residence phone', 'Evening telephone'],
  ['Daytime telephone', 'Day phone', 'Telephone number', 'Phone', 'Contact number', 'Tel. no.', 'Telephone (with area code)'],
  ['E-mail address', 'Email', 'E-mail', 'Electronic mail address'],
  ['Social Security number', 'SSN', 'Soc. Sec. No.', 'Social Security no.'],
  ['Date signed', 'Date', 'Signature date', 'Signed on'],
  ['Printed name', 'Name in print', 'Typed or printed name', 'Print full name'],
  ['Country of citizenship', 'Citizenship', 'Nationality', 'Citizen of'],
  ['Relationship', 'Relation', 'Relationship to applicant', 'How related'],
  ['Occupation', 'Job title', 'Position', 'Usual occupation'],
  ['Routing number', 'Bank routing number', 'Transit routing no.', 'ABA number'],
  ['Account number', 'Bank account number', 'Account no.'],
]
const QUALIFIERS = [
  "Applicant's",
  "Spouse's",
  "Owner's",
  "Patient's",
  "Child's",
  "Claimant's",
  "Employee's",
  "Seller's",
  "Sponsor's",
  "Student's",
  "Tenant's",
  "Witness's",
  "Guardian's",
  "Insured's",
  'Previous',
  'Current',
  'Second',
  'Alternate',
  'Mailing',
  "Decedent's",
  "Petitioner's",
  "Co-owner's",
  "Taxpayer's",
]
const OWNABLE =
  /^(last name|surname|first name|given name|full name|name|date of birth|birth ?date|street address|number and street|home address|city|city or town|state|zip|zip code|telephone number|phone|cell phone|e-?mail|e-?mail address|occupation|social security number|ssn|signature|address|employer)$/i
const ABBREVIATIONS: [RegExp, string][] = [
  [/\bnumber\b/g, 'no.'],
  [/\bNumber\b/g, 'No.'],
  [/\btelephone\b/g, 'tel.'],
  [/\bamount\b/g, 'amt.'],
  [/\bdepartment\b/g, 'dept.'],
  [/\bdate of birth\b/gi, 'D.O.B.'],
  [/\bidentification\b/g, 'ID'],
]
const ASIDES = [
  'see instructions',
  'required',
  'if known',
  'please print',
  'optional',
  'if different',
  'attach copy',
  'see page 2',
  'do not abbreviate',
  'if any',
  'type or print',
]

const HEADING_ASIDES = [
  '(attach additional sheets if necessary)',
  '(continued)',
  '(see instructions)',
  '(complete all items)',
  '(if applicable)',
  '— to be completed by the applicant',
  '(please print)',
]
/** A borrowed heading's own part number would be out of order. */
const PART_NUMBER = /^(part|section|schedule|step|article|block)\s+[\divxlc]+[a-z]?\b[\s.:—–-]*|^([ivx]+|\d+|[A-Z])[.):]\s+/i
const isTable = (f: AuthoredField | AuthoredTable): f is AuthoredTable => 'table' in f
const lowerFirst = (text: string): string => (/^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text)

/** Another wording of the same caption, printed so that label and caption still agree. */
function reworded(field: AuthoredField, random: Random): AuthoredField {
  const known = SYNONYMS.find((words) => words[0]!.toLowerCase() === field.label.toLowerCase())
  if (known && random.chance(0.6)) return { ...field, label: random.pick(known), printed: undefined }
  const [long, short] = random.pick(ABBREVIATIONS)
  if (field.printed === undefined && long.test(field.label) && random.chance(0.5))
    return { ...field, label: field.label.replace(long, short) }
  return field
}

function qualified(field: AuthoredField, qualifier: string | undefined): AuthoredField {
  if (!qualifier || !OWNABLE.test(field.label)) return field
  return { ...field, label: `${qualifier} ${lowerFirst(field.label)}`, printed: undefined }
}

/** Instructions around a caption, which its label leaves out. */
function instructed(field: AuthoredField, random: Random): AuthoredField {
  if (field.printed !== undefined || ['check', 'checks', 'yesno'].includes(field.widget ?? '') || !random.chance(0.16)) return field
  const { label } = field
  const lower = lowerFirst(label)
  const forms = [
    `${label} (${random.pick(ASIDES)})`,
    `Enter ${lower}`,
    `${label}. ${random.pick(['See instructions', 'Attach proof', 'If none, write "none"', 'Use the name on your records'])}`,
    `Print your ${lower}`,
    `Please provide ${lower}`,
  ]
  const yours = /^(?!.*'s\b).*\b(name|address|number|date of birth|telephone|phone|occupation|e-mail)$/i.test(label)
  return {
    ...field,
    printed: random.pick(yours ? forms : forms.slice(0, 3)),
  }
}

/** "Other" among the options may have a line to say which. */
function withOther(field: AuthoredField, random: Random): AuthoredField[] {
  if (field.widget !== 'checks' || !/^other/i.test(field.options?.at(-1) ?? '') || !random.chance(0.4)) return [field]
  const label = random.pick(['If other, specify', 'Specify other', 'Describe other', 'If other, explain'])
  return [field, { label, fieldType: 'text', width: 0.4, ...(field.sensitivity ? { sensitivity: field.sensitivity } : {}) }]
}

/** Moves printed line numbers, in captions and in the lines that they refer to. */
function shifted(text: string, by: number): string {
  return text.replace(
    /(\blines? )(\d{1,2})([a-z]?)((?: through | and | or | to )(?:line )?)?(\d{1,2})?/g,
    (_, word, first, letter, joiner, second) => `${word}${Number(first) + by}${letter}${joiner ?? ''}${second ? Number(second) + by : ''}`,
  )
}

function renumbered(field: AuthoredField, by: number): AuthoredField {
  const number = /^(\d+)([a-z]?)$/.exec(field.number ?? '')
  if (!number || by === 0) return field
  return {
    ...field,
    number: `${Number(number[1]) + by}${number[2]}`,
    label: shifted(field.label, by),
    ...(field.printed ? { printed: shifted(field.printed, by) } : {}),
  }
}

/**
 * The section in other words: synonyms, an owner ("Spouse's"), instructions around captions, other line numbers.
 * Labels change with what is printed, so that a label's words always stand on the page.
 */
export function relabel(section: AuthoredSection, random: Random): AuthoredSection {
  const ownable = section.fields.filter((f) => !isTable(f) && OWNABLE.test(f.label)).length
  const qualifier = ownable >= 2 && random.chance(0.35) ? random.pick(QUALIFIERS) : undefined
  const by = random.chance(0.4) ? random.int(1, 25) : 0
  const change = (field: AuthoredField) => clean(instructed(renumbered(qualified(reworded(field, random), qualifier), by), random))
  const heading = section.printed?.replace(PART_NUMBER, '')
  const printed = random.chance(0.1) && section.title.length < 36 ? `${heading || section.title} ${random.pick(HEADING_ASIDES)}` : heading
  return {
    ...section,
    ...(printed ? { printed } : {}),
    fields: section.fields.flatMap((f): AuthoredSection['fields'] =>
      isTable(f)
        ? [{ table: { ...f.table, columns: f.table.columns.map((c) => clean(reworded(c, random))) } }]
        : withOther(change(f), random),
    ),
  }
}

/** Without properties that became undefined. */
function clean(field: AuthoredField): AuthoredField {
  return Object.fromEntries(Object.entries(field).filter(([, value]) => value !== undefined)) as AuthoredField
}
