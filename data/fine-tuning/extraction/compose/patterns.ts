import type { AgencyKind, AuthoredField } from '../../../../contracts/index.js'
import type { Random } from '../render/random.js'

/** The words of one trade or program. */
export interface Domain {
  kinds: AgencyKind[]
  name: string
  things: string[]
  amounts: string[]
  people: string[]
  places: string[]
  documents: string[]
  events: string[]
  sensitivity?: 'medium' | 'high' | undefined
}

export type Draft = Pick<AuthoredField, 'label' | 'fieldType'> & Partial<AuthoredField>
export type Pattern = (domain: Domain, random: Random) => Draft

export const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1)
const article = (text: string): string => (/^[aeiou]/i.test(text) ? `an ${text}` : `a ${text}`)
const owner = (text: string): string => `${capital(text)}'s`
const YEARS = [2019, 2020, 2021, 2022, 2023, 2024, 2025]
const BUSINESS_PEOPLE = /contractor|operator|carrier|supplier|distributor|dealer|lienholder|buyer|processor|consignee|manager|agent/

function personal(person: string): Partial<AuthoredField> {
  return BUSINESS_PEOPLE.test(person) ? {} : { sensitivity: 'pii' }
}

export const AMOUNTS: Pattern[] = [
  (d, r) => ({ label: capital(r.pick(d.amounts)), fieldType: 'currency' }),
  (d, r) => ({ label: `Total ${r.pick(d.amounts)}`, fieldType: 'currency' }),
  (d, r) => ({ label: `${capital(r.pick(d.amounts))} for ${r.pick(YEARS)}`, fieldType: 'currency' }),
  (d, r) => ({
    label: `${capital(r.pick(d.amounts))} ${r.pick(['paid during the year', 'not reported elsewhere', 'before adjustments', 'per quarter', 'from all sources', 'brought forward', 'this period', 'to date', 'allowed last year', 'outside the district'])}`,
    fieldType: 'currency',
  }),
  (d, r) => ({ label: `Cost of ${r.pick(d.things)}`, fieldType: 'currency' }),
  (d, r) => ({ label: `Value of ${r.pick(d.things)} on hand`, fieldType: 'currency' }),
  (d, r) => ({
    label: `${capital(r.pick(['adjusted', 'estimated', 'allowable', 'net', 'average', 'unpaid', 'prior', 'maximum', 'taxable', 'modified']))} ${r.pick(d.amounts)}`,
    fieldType: 'currency',
  }),
]
export const COUNTS: Pattern[] = [
  (d, r) => ({ label: `Number of ${r.pick(d.things)}`, fieldType: 'number' }),
  (d, r) => ({
    label: `${capital(r.pick(d.things))} ${r.pick(['reported last year', 'lost or destroyed', 'at start of period', 'at end of period', 'added', 'exempt'])}`,
    fieldType: 'number',
  }),
  (d, r) => ({
    label: `Percentage of ${r.pick(d.things)}`,
    printed: `Percentage of ${r.pick(d.things)} (carry to four decimals)`,
    fieldType: 'number',
  }),
]
export const FACTS: Pattern[] = [
  (d, r) => {
    const p = r.pick(d.people)
    return { label: `Name of ${p}`, fieldType: 'text', ...personal(p) }
  },
  (d, r) => {
    const p = r.pick(d.people)
    return { label: `${owner(p)} name`, fieldType: 'text', ...personal(p) }
  },
  (d, r) => {
    const p = r.pick(d.people)
    return {
      label: `${owner(p)} ${r.pick(['address', 'mailing address', 'street address', 'city, state and ZIP code'])}`,
      fieldType: 'text',
      ...personal(p),
      width: 0.6,
    }
  },
  (d, r) => {
    const p = r.pick(d.people)
    return {
      label: `${owner(p)} ${r.pick(['telephone', 'phone number', 'daytime phone', 'cell phone', 'tel. no.'])}`,
      fieldType: 'phone',
      ...personal(p),
    }
  },
  (d, r) => {
    const p = r.pick(d.people)
    return { label: `${owner(p)} ${r.pick(['e-mail', 'email address', 'e-mail address'])}`, fieldType: 'email', ...personal(p) }
  },
  (d, r) => ({
    label: `${capital(r.pick(d.documents))} ${r.pick(['number', 'no.', 'identifier', 'serial number'])}`,
    fieldType: 'text',
    width: 0.3,
  }),
  (d, r) => ({ label: `${r.pick(['Location of', 'Name of', 'Address of', 'County of'])} ${r.pick(d.places)}`, fieldType: 'text' }),
  (d, r) => ({ label: `Date of ${r.pick(['', 'first ', 'last ', 'most recent '])}${r.pick(d.events)}`, fieldType: 'date', width: 0.3 }),
  (d, r) => ({
    label: `${capital(r.pick(d.documents))} ${r.pick(['expiration date', 'effective date', 'issue date'])}`,
    fieldType: 'date',
    width: 0.3,
  }),
  (d, r) => ({ label: `${capital(r.pick(d.events))} ${r.pick(['from', 'to', 'time', 'reference'])}`, fieldType: 'text', width: 0.25 }),
  (d, r) => ({
    label: `${r.pick(['Reason for', 'Description of', 'Circumstances of', 'Purpose of'])} ${r.pick(d.events)}`,
    fieldType: 'longText',
    widget: 'multiline',
  }),
  (d, r) => ({ label: `Website of ${r.pick(d.people)}`, fieldType: 'url', width: 0.5 }),
]
export const QUESTIONS: Pattern[] = [
  (d, r) => ({
    label: `Is the ${r.pick(d.people)} the ${r.pick(d.people)}?`,
    fieldType: 'choice',
    widget: 'yesno',
    options: ['Yes', 'No'],
  }),
  (d, r) => ({
    label: `Are ${r.pick(d.things)} kept at the ${r.pick(d.places)}?`,
    fieldType: 'choice',
    widget: 'yesno',
    options: ['Yes', 'No'],
  }),
  (d, r) => ({
    label: `Was ${article(r.pick(d.documents))} issued before the ${r.pick(d.events)}?`,
    fieldType: 'choice',
    widget: 'yesno',
    options: ['Yes', 'No'],
  }),
  (d, r) => ({
    label: `${capital(r.pick(d.documents))} attached`,
    printed: `${r.pick(['Check here if', 'Check the box if'])} ${article(r.pick(d.documents))} is attached`,
    fieldType: 'boolean',
    widget: 'check',
  }),
  (d, r) => ({
    label: `Type of ${r.pick(d.events)}`,
    fieldType: 'choice',
    widget: 'checks',
    options: r.shuffle(['First', 'Amended', 'Final', 'Corrected', 'Temporary', 'Renewal', 'Voluntary', 'Emergency']).slice(0, r.int(2, 5)),
  }),
  (d, r) => ({
    label: `${capital(r.pick(d.people))} is`,
    fieldType: 'choice',
    widget: 'checks',
    options: r
      .shuffle(['an individual', 'a partnership', 'a corporation', 'a trust', 'a public body', 'a nonprofit'])
      .slice(0, r.int(3, 5)),
  }),
]

/** A tick box's caption names the same document as its label. */
export function attached(domain: Domain, random: Random): Draft {
  const document = random.pick(domain.documents)
  return {
    label: `${capital(document)} attached`,
    printed: random.pick([`Check here if ${article(document)} is attached`, `${capital(document)} attached`]),
    fieldType: 'boolean',
    widget: 'check',
  }
}
