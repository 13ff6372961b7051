import type { Slot } from './gold.js'
import type { Random } from './random.js'
import type { Style } from './style.js'

const GENERIC = ['Enter text here', 'Text field', 'Fill in', 'Required field', 'Form field', 'Click to enter', 'undefined']
const INSTRUCTIONS = [
  'Enter the {label}.',
  'Type the {label} here.',
  '{caption}. Press Tab to go to the next field.',
  '{caption}. {help}',
  'Please enter {label}',
  '{section}. {caption}',
  '{number} {caption}',
]
const KIND_NAMES = {
  text: ['Text', 'Text Field', 'TextField', 'undefined_'],
  check: ['Check Box', 'CheckBox', 'cb'],
  choice: ['Dropdown', 'Combo Box', 'List'],
  signature: ['Signature', 'Sig'],
} as const
export type NamedKind = keyof typeof KIND_NAMES

/** Names and tooltips of widgets in one form's manner; every name is used once. */
export class Namer {
  readonly #taken = new Set<string>()
  readonly #prefix: Record<NamedKind, string>
  #count = 0

  constructor(
    readonly style: Style,
    readonly random: Random,
  ) {
    this.#prefix = {
      text: random.pick(KIND_NAMES.text),
      check: random.pick(KIND_NAMES.check),
      choice: random.pick(KIND_NAMES.choice),
      signature: random.pick(KIND_NAMES.signature),
    }
  }

  name(slot: Slot, kind: NamedKind, page: number, part?: string): string {
    this.#count += 1
    const base = this.#base(slot, kind, page, part)
    let name = base
    for (let i = 2; this.#taken.has(name); i++) name = `${base}_${i}`
    this.#taken.add(name)
    return name
  }

  /** A name for what is no field of the form. */
  free(text: string): string {
    this.#taken.add(text)
    return text
  }

  tooltip(slot: Slot, part?: string): string | undefined {
    const { style, random } = this
    if (style.tooltips === 'none') return undefined
    const label = part ? `${slot.field.label} ${part}` : slot.field.label
    if (style.tooltips === 'clean') return label
    if (style.tooltips === 'noisy')
      return random.weighted({ none: 40, clean: 30, generic: 20, wrong: 10 }) === 'clean'
        ? label
        : random.pick([undefined, random.pick(GENERIC), `Line ${random.int(1, 60)}`])
    const caption = slot.field.printed ?? slot.field.label
    const text = random
      .pick(INSTRUCTIONS)
      .replace('{label}', label.toLowerCase())
      .replace('{caption}', caption)
      .replace('{section}', slot.section)
    return (
      text
        .replace('{help}', slot.field.help ?? '')
        .replace('{number}', slot.field.number ?? '')
        .replace(/\s+/g, ' ')
        .trim() + (part ? ` ${part}` : '')
    )
  }

  #base(slot: Slot, kind: NamedKind, page: number, part?: string): string {
    const label = `${slot.field.label} ${part ?? ''}`
      .replace(/[^A-Za-z0-9 ]+/g, ' ')
      .trim()
      .split(/\s+/)
      .slice(0, 7)
    const camel = (words: string[]) =>
      words.map((w, i) => (i === 0 ? w.toLowerCase() : w[0]!.toUpperCase() + w.slice(1).toLowerCase())).join('')
    const section = slot.section.replace(/[^A-Za-z0-9]+/g, '').slice(0, 20) || 'form'
    switch (this.style.names) {
      case 'camel':
        return camel(label)
      case 'words':
        return label.join(' ')
      case 'snake':
        return label.join('_').toLowerCase()
      case 'section-dotted':
        return `${section}.${camel(label)}`
      case 'text-number':
        return `${this.#prefix[kind]}${this.#count}`
      case 'xfa':
        return `topmostSubform[0].Page${page}[0].${kind === 'check' ? 'c' : 'f'}${page}_${String(this.#count).padStart(2, '0')}[0]`
      case 'short':
        return `${kind === 'check' ? 'chk' : 'fld'}${this.#count}`
    }
  }
}
