import type { Sensitivity } from '../../../contracts/spec.js'

const HIGH =
  /\b(?:bank|routing|account (?:no|number|#)|iban|credit card|card number|disab\w*|diagnos\w*|medical|medication|health|illness|treatment|physician|allerg\w*|pregnan\w*|blind\w*|deaf|arrest\w*|convict\w*|crim\w*|offen[sc]e|felony|misdemeanor|probation|parole|citizen\w*|immigra\w*|alien|visa|naturaliz\w*|race|racial|ethnic\w*|hispanic|latino|religio\w*|fingerprint\w*|biometric\w*|veteran with|mental|substance|sexual|gender identity)\b/i
const BUSINESS =
  /\b(?:business|company|employer|corporation|organization|agency|firm|facility|school|entity|partnership|trade|vendor|court|hospital|office use|preparer['’]?s? (?:firm|ptin)|ein|employer identification)\b/i
const PII =
  /\b(?:ssn|itin|social security|taxpayer id\w*|tin|tax id\w*|passport|driver['’]?s? licen[sc]e|licen[sc]e (?:no|number)|birth|dob|born|name\(?s?\)?|surname|initial|nombre|apellido|address|street|apt|apartment|city|town|state|zip|postal code|county|phone|telephone|fax|e-?mail|signature|sign here|maiden|alias|domicilio|firma)\b/i
const MEDIUM =
  /\b(?:wages?|salar(?:y|ies)|income|earnings|tax(?:es)?|deductions?|credits?|refund|balance|amount|payments?|interest|dividends|pension|benefits?|assets|debts?|loans?|rent|mortgage|savings|expenses?|employ(?:ed|ment|er)|occupation|job title|position|marital|married|single|divorced|widowed|spouse|household|dependents?|children|education|school attended|degree|grade|gpa)\b/i
const MECHANICS = /\b(?:date signed|office use|official use|form number|page|date$|title$|fee)\b/i

/** How much a leak of this field would hurt a person, by the words of its label and section; low when none match. */
export function sensitivityOf(label: string, section: string): Sensitivity {
  if (/^(?:date|date signed|title|page|form number)$/i.test(label)) return 'low'
  if (HIGH.test(label)) return 'high'
  const business = BUSINESS.test(label)
  if (PII.test(label) && !business) return 'pii'
  if (business || MECHANICS.test(label)) return 'low'
  if (MEDIUM.test(label)) return 'medium'
  return HIGH.test(section) && !/office/i.test(section) ? 'high' : 'low'
}
