import type { Random } from './random.js'

/** Where a caption stands relative to its widget. */
export type Mode = 'cells' | 'left' | 'aligned' | 'above' | 'below' | 'placeholder' | 'lines' | 'list'
export type Look = 'box' | 'line' | 'shaded' | 'bare'
export type HeadingKind =
  | 'band'
  | 'dark-band'
  | 'bold-line'
  | 'boxed-part'
  | 'underlined'
  | 'centered'
  | 'plain'
  | 'side'
  | 'left-column'
  | 'ruled-both'
export type HeaderKind = 'columns' | 'centered' | 'stacked' | 'band' | 'seal' | 'boxed'
export type Numbering = 'none' | '1.' | '1' | '(1)' | 'A.' | '1)' | '#1'

/** Everything about a layout that stays the same over one form. */
export interface Style {
  page: { width: number; height: number; margin: number }
  family: 'helvetica' | 'times' | 'courier'
  size: { caption: number; body: number; heading: number; title: number }
  widgetHeight: number
  gap: number
  weight: number
  look: Look
  modes: { main: Mode; other: Mode; mixed: number }
  columns: 1 | 2
  heading: HeadingKind
  header: HeaderKind
  footer: 'form-and-page' | 'page' | 'form' | 'agency' | 'none'
  partNumbers: 'none' | 'Part I' | 'Section 1' | 'A.' | 'I.' | 'STEP 1'
  /** Numbers run over the whole form or begin again in each section. */
  numbering: Numbering
  numbersRestart: boolean
  colon: boolean
  star: 'none' | 'after' | 'before'
  upper: boolean
  boldCaptions: boolean
  help: 'parenthesis' | 'below' | 'none'
  checks: { size: number; side: 'after' | 'before'; radio: boolean; flow: 'row' | 'column' | 'grid'; heads: boolean }
  amounts: {
    cents: 'none' | 'widgets' | 'printed'
    dollar: boolean
    repeatNumber: boolean
    innerColumn: boolean
    leader: 'dots' | 'tight-dots' | 'none' | 'line'
    grid: 'none' | 'rules' | 'full'
    letterAlone: boolean
  }
  table: {
    rules: 'full' | 'horizontal' | 'boxes' | 'open'
    header: 'plain' | 'shaded' | 'dark'
    rowNumbers: boolean
    /** Named rows are numbered lines: "3 Real estate". */
    numberedLabels: boolean
    letters: boolean
    captionInside: boolean
    align: 'left' | 'center'
    /** Short tables stand on their side: each column of the author is a row. */
    turned: boolean
    /** Short blank tables as blocks of captioned fields, this often and in this manner. */
    cards: 'cells' | 'left' | 'above'
    cardShare: number
  }
  parts: 'joined' | 'captions-above' | 'captions-below' | 'separators'
  paperSignature: boolean
  /** Blanks are rows of printed underscores instead of drawn rules. */
  underscores: boolean
  /** Slashes and parentheses printed where dates and telephone numbers go. */
  guides: boolean
  /** Captions and blanks follow each other like words of a sentence, with no alignment. */
  runIn: boolean
  /** How fields of a well-known form are drawn on this form. */
  special: {
    date: 'plain' | 'parts' | 'comb'
    dateParts: number
    dateHint: '' | '(mm/dd/yyyy)' | '(MM-DD-YYYY)' | '(month, day, year)' | '(yyyy/mm/dd)'
    ssn: 'plain' | 'parts' | 'comb'
    phoneParts: boolean
    zipComb: boolean
    dropdowns: boolean
    percent: boolean
  }
  /** How often a section that suits it is a mosaic of cells, or prose with blanks. */
  mosaic: number
  prose: number
  officeBox: boolean
  /** In ruled cells the widget fills the cell, its caption too. */
  wholeCell: boolean
  /** Room left between a drawn frame and its widget, in points. */
  slack: number
  sideNote: boolean
  noticePage: 'none' | 'last'
  /** Paragraphs of fine print between sections, 0–1. */
  legal: number
  names: NameStyle
  tooltips: 'none' | 'clean' | 'instruction' | 'noisy'
  shuffledAnnotations: boolean
  distractors: boolean
}
export type NameStyle = 'camel' | 'words' | 'snake' | 'section-dotted' | 'text-number' | 'xfa' | 'short'

const PAGES = { letter: [612, 792], a4: [595.28, 841.89], legal: [612, 1008], wide: [792, 612] } as const

function pickPage(random: Random): Style['page'] {
  const [width, height] = PAGES[random.weighted({ letter: 72, a4: 18, legal: 4, wide: 6 })]
  return { width, height, margin: random.int(26, 58) }
}

function pickSizes(random: Random, main: Mode): Style['size'] {
  const small = main === 'cells' || main === 'below' || main === 'lines'
  const caption = small ? random.pick([6, 6.5, 7, 7.5, 8, 8.5, 9]) : random.pick([8, 8.5, 9, 9.5, 10, 10.5, 11])
  const body = Math.max(7, caption + random.pick([-1, -0.5, 0, 0, 0.5]))
  return {
    caption,
    body,
    heading: Math.max(9, caption + random.pick([0.5, 1, 2, 2.5, 3])),
    title: random.pick([12, 13, 14, 15, 16, 18, 20]),
  }
}

function pickChecks(random: Random): Style['checks'] {
  return {
    size: random.pick([7, 8, 8, 9, 10]),
    side: random.chance(0.82) ? 'after' : 'before',
    radio: random.chance(0.35),
    flow: random.weighted({ row: 55, column: 20, grid: 25 }),
    heads: random.chance(0.6),
  }
}

function pickAmounts(random: Random): Style['amounts'] {
  return {
    cents: random.weighted({ none: 70, widgets: 18, printed: 12 }),
    dollar: random.chance(0.3),
    repeatNumber: random.chance(0.65),
    innerColumn: random.chance(0.3),
    grid: random.weighted({ none: 60, rules: 22, full: 18 }),
    letterAlone: random.chance(0.4),
    leader: random.weighted({ dots: 60, 'tight-dots': 15, none: 18, line: 7 }),
  }
}

function pickTable(random: Random): Style['table'] {
  return {
    rules: random.weighted({ full: 62, horizontal: 14, boxes: 14, open: 10 }),
    header: random.weighted({ plain: 50, shaded: 38, dark: 12 }),
    rowNumbers: random.chance(0.4),
    numberedLabels: random.chance(0.25),
    letters: random.chance(0.25),
    captionInside: random.chance(0.35),
    turned: random.chance(0.1),
    cards: random.pick(['cells', 'cells', 'left', 'above'] as const),
    cardShare: random.pick([0, 0, 0, 0.8]),
    align: random.chance(0.5) ? 'center' : 'left',
  }
}

function pickModes(random: Random): Style['modes'] {
  const main = random.weighted<Mode>({ cells: 28, left: 17, aligned: 9, above: 14, below: 9, placeholder: 3, lines: 14, list: 6 })
  const other = random.weighted<Mode>({ cells: 20, left: 20, aligned: 10, above: 15, below: 10, placeholder: 2, lines: 12, list: 11 })
  return { main, other, mixed: random.pick([0, 0.15, 0.3, 0.5]) }
}

function pickSpecial(random: Random): Style['special'] {
  return {
    date: random.weighted({ plain: 82, parts: 12, comb: 6 }),
    dateParts: random.int(0, 2),
    dateHint: random.pick(['', '', '', '', '', '', '(mm/dd/yyyy)', '(mm/dd/yyyy)', '(MM-DD-YYYY)', '(month, day, year)', '(yyyy/mm/dd)']),
    ssn: random.weighted({ plain: 50, parts: 28, comb: 22 }),
    phoneParts: random.chance(0.06),
    zipComb: random.chance(0.12),
    dropdowns: random.chance(0.07),
    percent: random.chance(0.5),
  }
}

/** A layout from the whole space; every choice comes from `random`. */
export function pickStyle(random: Random): Style {
  const modes = pickModes(random)
  const page = pickPage(random)
  const size = pickSizes(random, modes.main)
  return {
    page,
    family: random.weighted({ helvetica: 68, times: 25, courier: 7 }),
    size,
    widgetHeight: Math.max(size.caption + 4, random.int(12, 20)),
    gap: random.pick([2, 3, 4, 5, 6, 8]),
    weight: random.pick([0.4, 0.5, 0.5, 0.75, 1]),
    look: random.weighted<Look>({ box: 50, line: 36, shaded: 14, bare: 4 }),
    modes,
    columns: modes.main !== 'lines' && page.width - 2 * page.margin > 480 && random.chance(0.14) ? 2 : 1,
    heading: random.weighted({
      band: 18,
      'dark-band': 15,
      'bold-line': 14,
      'boxed-part': 16,
      underlined: 10,
      centered: 8,
      plain: 8,
      side: 6,
      'left-column': 7,
      'ruled-both': 5,
    }),
    header: random.weighted({ columns: 26, centered: 24, stacked: 18, band: 10, seal: 10, boxed: 12 }),
    footer: random.weighted({ 'form-and-page': 40, page: 25, form: 15, agency: 10, none: 10 }),
    partNumbers: random.weighted({ none: 34, 'Part I': 20, 'Section 1': 16, 'A.': 14, 'I.': 9, 'STEP 1': 7 }),
    numbering: random.weighted({ none: 56, '1.': 18, '1': 10, '(1)': 4, 'A.': 4, '1)': 4, '#1': 4 }),
    numbersRestart: random.chance(0.4),
    colon: random.chance(0.5),
    star: random.weighted({ none: 62, after: 28, before: 10 }),
    upper: random.chance(0.1),
    boldCaptions: random.chance(0.16),
    help: random.weighted({ parenthesis: 55, below: 35, none: 10 }),
    checks: pickChecks(random),
    amounts: pickAmounts(random),
    table: pickTable(random),
    parts: random.weighted({ joined: 20, 'captions-above': 14, 'captions-below': 36, separators: 30 }),
    paperSignature: random.chance(0.45),
    underscores: random.chance(0.12),
    guides: random.chance(0.15),
    runIn: random.chance(0.3),
    special: pickSpecial(random),
    mosaic: modes.main === 'cells' ? random.pick([0, 0, 0.5]) : 0,
    prose: random.pick([0, 0, 0, 0.4]),
    officeBox: random.chance(0.2),
    wholeCell: random.chance(0.18),
    slack: random.pick([0, 0, 0.5, 1, 1.5]),
    sideNote: page.margin > 34 && random.chance(0.1),
    noticePage: random.chance(0.06) ? 'last' : 'none',
    legal: random.pick([0, 0, 0.15, 0.3, 0.6]),
    names: random.weighted({ camel: 14, words: 14, snake: 9, 'section-dotted': 8, 'text-number': 20, xfa: 25, short: 10 }),
    tooltips: random.weighted({ none: 50, clean: 20, instruction: 20, noisy: 10 }),
    shuffledAnnotations: random.chance(0.15),
    distractors: random.chance(0.2),
  }
}
