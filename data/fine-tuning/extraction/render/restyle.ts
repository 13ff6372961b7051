import type { AuthoredField } from '../../../../contracts/index.js'
import type { Studio } from './studio.js'

const DATE_PARTS = [
  [
    { caption: 'MM', maxLength: 2 },
    { caption: 'DD', maxLength: 2 },
    { caption: 'YYYY', maxLength: 4 },
  ],
  [
    { caption: 'Month', maxLength: 2 },
    { caption: 'Day', maxLength: 2 },
    { caption: 'Year', maxLength: 4 },
  ],
  [
    { caption: 'Day', maxLength: 2 },
    { caption: 'Month', maxLength: 2 },
    { caption: 'Year', maxLength: 4 },
  ],
] as const
const SSN_PARTS = [3, 2, 4].map((maxLength, i) => ({ caption: ['first 3', 'next 2', 'last 4'][i]!, maxLength }))
const PHONE_PARTS = [
  { caption: 'Area', maxLength: 3 },
  { caption: 'No.', maxLength: 8 },
]
const SSN = /social security n|\bssn\b|soc\. sec\./i
const ZIP = /\bzip\b(?!.*(city|state))/i

/**
 * The same field drawn as the form's manner has such fields: dates in three boxes or a comb, a Social Security number in
 * parts, a question as a dropdown. What the field means stays.
 */
export function restyle(studio: Studio, field: AuthoredField): AuthoredField {
  const { special } = studio.style
  const plain = field.widget === undefined || field.widget === 'text'
  if (field.fieldType === 'date' && plain) {
    if (special.date === 'parts') return { ...field, widget: 'parts', parts: [...DATE_PARTS[special.dateParts]!] }
    if (special.date === 'comb') return { ...field, widget: 'comb', maxLength: 8 }
  }
  if (plain && field.fieldType === 'text' && SSN.test(field.label)) {
    if (special.ssn === 'parts') return { ...field, widget: 'parts', parts: SSN_PARTS }
    if (special.ssn === 'comb') return { ...field, widget: 'comb', maxLength: 9 }
  }
  if (plain && field.fieldType === 'phone' && special.phoneParts) return { ...field, widget: 'parts', parts: PHONE_PARTS }
  if (plain && field.fieldType === 'text' && ZIP.test(field.label) && special.zipComb) return { ...field, widget: 'comb', maxLength: 5 }
  const options = field.options ?? (field.widget === 'yesno' ? ['Yes', 'No'] : [])
  if ((field.widget === 'checks' || field.widget === 'yesno') && special.dropdowns && options.length > 1)
    return { ...field, fieldType: 'choice', widget: 'dropdown', options }
  return field
}
