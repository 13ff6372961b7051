import type { Marker } from '../../../contracts/description.js'
import type { FieldType } from '../../../contracts/spec.js'

const PATTERNS: [FieldType, RegExp][] = [
  ['email', /\be-?\s?mail\b|\bcorreo electr[oó]nico\b/i],
  ['url', /\bweb\s?site\b|\burl\b|\bweb (?:address|page)\b/i],
  ['phone', /\b(?:tele)?phone\b|\btel[eé]fono\b|\bfax\b|\b(?:cell|mobile)(?: (?:no|number)|$)|\btel(?:\.|\b)/i],
  [
    'date',
    /\bdates?\b|\bdob\b|\bfecha\b|mm\s?\/\s?dd|\bmonth,? (?:and )?day\b|\bday,? month\b|\bexpir(?:es|ation)(?: on)?$|\bdate acquired\b|\b(?:birthday|valid until)\b/i,
  ],
]
const CURRENCY =
  /\$|\b(?:amounts?|wages?|salar(?:y|ies)|income|taxe?s?(?! (?:id|year|payer|identification|return|form|period|matters|exempt))|credits?|payments?|balance|totals?|fees?|costs?|price|value|rent|deductions?|expenses?|premiums?|earnings|refund|interest|dividends|deposits?|penalt(?:y|ies)|basis|proceeds|gain|loss(?:es)?|contributions?|allowances?|sales|paid|owed?|debt|loans?|assets|monto|ingresos?)\b/i
const NOT_CURRENCY =
  /\b(?:number of|how many|no\.|date|name|address|type|description|year|percent|percentage|rate|explain|reason|method|account|source|person|payer|preparer|signature|employer|city|identification|id|yes|whether|check)\b|%|[#?]/i
const NUMBER =
  /\b(?:number of|how many|total number|quantity|qty|age|hours|miles|weight|height|percent(?:age)?|household size|square feet|acres|gallons|days|weeks|months|years? of|count|gpa|score|units?)\b|%|^#/i
const NOT_NUMBER = /\b(?:date|name|month and|tax year|address|description)\b/i
const LONG =
  /\b(?:describe|description of|explain|explanation|reasons?|comments?|remarks|details|narrative|statement|additional information|list all|why)\b/i

/** Lines of print that a box taller than this holds. */
const LONG_TEXT_HEIGHT = 34

/** The type of a field of one text box, by its label, the words around it and the widget. */
export function textType(label: string, marker: Marker): FieldType {
  if (marker.kind === 'signature') return 'text'
  const { inside, left, right, above, columnHeader } = marker.neighbours
  const around = [left, above, columnHeader, right].filter(Boolean).join(' ')
  for (const [type, pattern] of PATTERNS) if (pattern.test(label)) return type
  if (/mm\s?\/\s?dd/i.test(around) && around.length < 80) return 'date'
  if (marker.rect.height > LONG_TEXT_HEIGHT && (marker.multiline || LONG.test(label))) return 'longText'
  if (NUMBER.test(label) && !NOT_NUMBER.test(label)) return 'number'
  if (inside === '%') return 'number'
  if (inside === '$' || (CURRENCY.test(label) && !NOT_CURRENCY.test(label))) return 'currency'
  return marker.multiline && marker.rect.height > LONG_TEXT_HEIGHT ? 'longText' : 'text'
}
