import type { Marker } from '../../../contracts/description.js'
import type { FieldType } from '../../../contracts/spec.js'

const PATTERNS: [FieldType, RegExp][] = [
  ['email', /\be-?\s?mail\b|\belectronic mail\b|\bcorreo electr[oó]nico\b/i],
  ['url', /\bweb\s?site\b|\burl\b|\bweb (?:address|page)\b/i],
  [
    'phone',
    /\b(?:tele)?phone\b|\btel[eé]fono\b|\bfax\b|\b(?:cell|mobile|(?:day|evening)time)(?: (?:no|number)|$)|\b(?:contact|best) number\b|\btel(?:\.|\b)/i,
  ],
  [
    'date',
    /(?<!\b(?:to|at) )\bdate\b(?! of death$)|\bdob\b|\bd\.o\.b|\bfecha\b|mm\s?\/\s?dd|\(mo(?:nth)?\.?\s?\/\s?ye?a?r?\)|\bmonth,? (?:and )?(?:day|year)\b|\bday,? month\b|\b(?:birthday|birthdate)\b|\b(?:first|last|this) day\b|\bwhen (?:did|were|was|do|will)\b/i,
  ],
]
/** A phrase that ends in a moment: 'Valid until', 'Appointed on', 'Contract begins', 'Born'. */
const MOMENT =
  /(?:\b(?:until|since|through|thru|began|begun|begins?|beginning|ended|ends?|ending|starts?|started|arrival|arrived|departure|departed|born|dated|effective|completed|expires?|expiration|day|postmark|due|graduation)|\b(?:valid|period|service|quarter|coverage|dates?) (?:to|from|through|ending)|\b(?:signed|born|appointed|issued|filed|received|examined|inspected|revoked|married|sworn|decreed|returned|left|entered|delivered|mailed|notified|looked up|approved|executed|registered|acquired|sold|paid|opened|closed|served|adopted|seen|out) on|\w+(?:ed|en) (?:\w+ ){0,2}(?:back )?on|(?:hearing|meeting|interview) held|(?:pass|permit|certificate|license|licence|occupancy) issued|(?:letter|card|notice|copy|bill) (?:sent|mailed)|must \w+ by|eligible for review|end of \w+|date of death|\b(?:read|sworn before me|expires|ends|out|call) on|^(?:from|to|signed(?: off)?|issued|began(?: work)?|left(?: on)?|expected month of \w+|day signed|moved in|first seen|last seen|interlock installed|approved|since when))(?:\s\d+)?$/i
const NOT_MOMENT =
  /\b(?:amount|royalty|excise|proceeds|fees|credit|year born|grade|credits|courses|financial year|monday|friday|saturday|sunday|hour|total|balance|tax|fee|money|refund|payment|sum|name|address|place|reason|hours?|by whom|carbon|answer|how|what|who|where)\b/i
/** Of a weekday, 'Begin' and 'End' are times. */
const WEEKDAY = /\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b/i
const CURRENCY =
  /\$|^(?:subtract|multiply|add) lines?\b|^enter the (?:smaller|larger|lesser|greater)\b|\b(?:amounts?|lodging|meals|groceries|child support|cash (?:on hand|you|at)|prizes paid|royalty|award|tips you|wages?|salar(?:y|ies)|income|taxe?s?(?! (?:id|year|payer|identification|return|form|period|matters|exempt|key|statements?|no\b|number))|payments?|balance|totals?|fees?|costs?|price|value|worth|rents?(?! is)|deductions?|expenses?|premiums?|earnings|receipts|refund|interest|dividends|deposits?|penalt(?:y|ies)|basis|proceeds|gain|loss(?:es)?|contributions?|allowances?|sales|owed?|debt|loans?|assets|pay|pension|annuity|surcharge|sum due|discount|charges?|judgments|mortgages?|monto|cantidad|ingresos?)\b/i
const NOT_CURRENCY =
  /\b(?:number of|how many|no\.|date|name|address|type|kind|description|year of|percent|percentage|explain|reason|method|account|source|person|payer|preparer|signature|employer|city|identification|id|yes|whether|check|code|receipt|statements? to|send|reported|office|post|sponsor|payable|made|paid to|which|who|where|what|basis of|gains? access|key|band|nature of|offen[sc]e|proceeds will|purpose|discount terms|policy|stubs|exempt from|pension number|as printed)\b|[#?]/i
const UNITS =
  'ft|feet|foot|in|inches|yd|yards|mi|miles|km|cm|m|mph|gal|gals|gallons|lbs?|pounds|kg|tons?|oz|acres|sq|square feet|sq\\. ft|min|mins|minutes|hrs?|hours|days|weeks|months|years|yrs|amps|volts|watts|kw|hp|°f|°c|%|percent|scale|persons'
const UNIT = new RegExp(`\\(\\s*(?:[^()]*\\s)?(?:${UNITS})\\b\\.?[^()]{0,12}\\)|\\b(?:sq\\. ft|ft|lbs|gal|mph)\\.?$`, 'i')
const NUMBER =
  /\b(?:number (?:of|authorized|issued)|how many|total number|quantity|qty|(?<!average )age|hours|miles|mileage|odometer|weight|height|width|length|depth|distance|speed|area|acreage|capacity|percent(?:age)?|household size|square feet|sq\. ft|acres|gallons|tons|pounds|days|weeks|minutes|months|years|bedrooms|bathrooms|brs|copies|pages|shares|persons|occupants|piles|spaces|vehicles owned|latitude|longitude|count|gpa|grade point average|score|pulse|temp(?:erature)?|pain level|exemptions|nights|times)\b|\b(?:children under|people who|persons served|workers employed|(?:apprentices|helpers|employees|journeymen|workers) employed|signatures examined|witnesses to|cylinders|years at|credits (?:completed|attempted|earned))\b|^year (?:built|constructed|made|established|of (?:manufacture|birth)|the \w+ was built)|^(?:model |tax |school )?year(?:\s\d+)?$|\bnumber (?:employed|on site|served)|\bmember no\b|\bpoints$|^divide |%$|^#/i
const NOT_NUMBER =
  /\b(?:date|initial|identifier|board number|serial|company|manager|sponsor|well number|placard|shoes|chronological|lived here|paid|folios|width, |length by|crops|dates|name|names|month and|address|description|of burning|open|served|where|which|if more|pages? (?:of|copied by)|explain|who|why|what|reason|receipt|area code|school area|days and hours|hours and|(?:times|days|hours) (?:of day|available|open|and)|last (?:two|three))\b|\bor\b/i
/** Whatever follows, a count of several. */
const COUNT = /^(?:total )?number of (?:\S+ ){0,2}(?:\w+s|people|children|men|women)\b/i
/** Of money and yet a count: 'Total miles', 'Number of payments', 'Days late'. */
const COUNTED =
  /\b(?:total hours|total days|total points|leave balance|stamps|decimal|friable|local applicants|persons|number|miles|mileage|distance|tons|gallons|days late|hours$|exemptions|units|shares|acres|pages|persons|convictions|percent(?:age)? (?:of|owned)|rate of|fleet)\b|^(?:percent|%)/i
/** Two things in one box are text. */
const SEVERAL = /\b(?:and|,) ?(?:tele)?phone\b|\bphone and\b|\bdate and (?:place|state|result|county)\b|\bdates$|\(name, phone\)/i
const TEXT_COLUMN =
  /\b(?:names?|address|type|kind|description|source|account|no\.?|number|who|what|reason|use|bank|institution|code|member)\b/i
const LONG =
  /\b(?:describe|description of|explain|explanation|reasons?|comments?|remarks|details|narrative|statement|additional information|list all|why)\b/i

/** Lines of print that a box taller than this holds. */
const LONG_TEXT_HEIGHT = 34

/** What a table is of, by its section: the type of a cell whose own words tell nothing. */
const SECTION_OF: [FieldType, RegExp][] = [
  [
    'number',
    /\((?:in )?(?:feet|ft\.?|pounds|lbs\.?|miles|tons|acres|gallons|hours|years of \w+|inches|units)\)|\bdistances\b|\bexisting and proposed dimensions\b/i,
  ],
  [
    'currency',
    /\bcosts?\b|\bincome\b|\bexpenses\b|\bmeans\b|\bfigures\b|\bsettlement\b|\bassets and liabilities\b|\bbudget\b|\bmoney\b|\btax computation\b|\bcomputation of\b/i,
  ],
]

/** The type that words alone give, if they give one. */
function typeByWords(words: string): FieldType | undefined {
  if (COUNT.test(words)) return 'number'
  if (MOMENT.test(words) && !NOT_MOMENT.test(words)) return 'date'
  if (CURRENCY.test(words) && !NOT_CURRENCY.test(words) && !COUNTED.test(words)) return 'currency'
  if ((NUMBER.test(words) || UNIT.test(words)) && !NOT_NUMBER.test(words)) return 'number'
  return undefined
}

/** The type of a field of one text box, by its label, the words around it, the widget and the section's title. */
export function textType(label: string, marker: Marker, section: string): FieldType {
  if (marker.kind === 'signature') return 'text'
  const { inside, left, right, above, columnHeader, rowHeader } = marker.neighbours
  const around = [left, above, columnHeader, right].filter(Boolean).join(' ')
  if (!SEVERAL.test(label)) for (const [type, pattern] of PATTERNS) if (pattern.test(label)) return type
  if (/mm\s?\/\s?dd/i.test(around) && around.length < 80) return 'date'
  if (marker.rect.height > LONG_TEXT_HEIGHT && (marker.multiline || LONG.test(label))) return 'longText'
  if (inside === '%') return 'number'
  if (inside === '$') return 'currency'
  const byWords = typeByWords(label) ?? (WEEKDAY.test(label) ? undefined : typeByWords(columnHeader ?? ''))
  if (byWords) return byWords
  if (columnHeader && rowHeader && !TEXT_COLUMN.test(columnHeader))
    for (const [type, pattern] of SECTION_OF) if (pattern.test(section)) return type
  return marker.multiline && marker.rect.height > LONG_TEXT_HEIGHT ? 'longText' : 'text'
}
