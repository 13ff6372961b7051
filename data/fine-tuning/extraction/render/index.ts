import { PDFDocument, PDFName, StandardFonts } from '@cantoo/pdf-lib'
import type { AuthoredForm, DataCollectionSpec, FieldMapping } from '../../../../contracts/index.js'
import { Numberer } from './captions.js'
import { Flow } from './flow.js'
import { drawFooter, drawSideNote, type Furniture, headerBlock, makeFurniture, runningHead } from './furniture.js'
import { Gold } from './gold.js'
import { HEADING_COLUMN, headingBlock, partNumber, SIDE_STRIP, sideSection, withLeftHeading } from './headings.js'
import { legalBlocks, noticeBlocks, officeBlocks } from './legal.js'
import { Namer } from './names.js'
import { createRandom, hashText, type Random } from './random.js'
import { instructionBlocks, sectionBlocks } from './sections.js'
import { Sheet } from './sheet.js'
import { space, type Studio } from './studio.js'
import { pickStyle, type Style } from './style.js'
import { Face, type Faces } from './type.js'
import { FormWriter } from './widgets.js'

export interface RenderedForm {
  pdf: Uint8Array
  spec: DataCollectionSpec
  fieldMapping: FieldMapping
}

const FONTS: Record<Style['family'], [StandardFonts, StandardFonts, StandardFonts]> = {
  helvetica: [StandardFonts.Helvetica, StandardFonts.HelveticaBold, StandardFonts.HelveticaOblique],
  times: [StandardFonts.TimesRoman, StandardFonts.TimesRomanBold, StandardFonts.TimesRomanItalic],
  courier: [StandardFonts.Courier, StandardFonts.CourierBold, StandardFonts.CourierOblique],
}
/** Files of the same form and seed are the same bytes, so their date is fixed. */
const DATE = new Date('2026-01-01T00:00:00Z')
const COLUMN_GAP = 16

async function loadFaces(document: PDFDocument, family: Style['family']): Promise<Faces> {
  const [regular, bold, italic] = FONTS[family]
  const face = async (font: StandardFonts, key: string) => new Face(await document.embedFont(font), key)
  return {
    regular: await face(regular, 'F1'),
    bold: await face(bold, 'F2'),
    italic: await face(italic, 'F3'),
    heavy: await face(StandardFonts.HelveticaBold, 'F4'),
  }
}

async function openStudio(document: PDFDocument, form: AuthoredForm, random: Random): Promise<Studio> {
  const style = pickStyle(random)
  if (style.family === 'courier')
    style.size = {
      ...style.size,
      caption: Math.min(style.size.caption, 8),
      body: Math.min(style.size.body, 8),
      heading: Math.min(style.size.heading, 10),
      title: Math.min(style.size.title, 14),
    }
  return {
    random,
    style,
    faces: await loadFaces(document, style.family),
    writer: new FormWriter(document),
    gold: new Gold(form),
    namer: new Namer(style, random),
  }
}

function placeSections(studio: Studio, flow: Flow, form: AuthoredForm): void {
  const { style, gold } = studio
  const { width } = flow.body
  const numberer = new Numberer(studio)
  form.sections.forEach((section, i) => {
    const printed = section.printed ?? section.title
    const part = partNumber(studio, i, printed)
    gold.group(section.title)
    const hasTable = section.fields.some((f) => 'table' in f)
    if (style.columns === 2 && !hasTable) {
      const gap = style.modes.main === 'cells' && style.modes.mixed === 0 ? 0 : COLUMN_GAP
      const column = (width - gap) / 2
      const heading = headingBlock(studio, part, printed, width)
      const blocks = sectionBlocks(studio, section, column, numberer)
      flow.ensure(heading.height + Math.max(...blocks.map((b) => b.height)) * 1.5 + 20)
      flow.place([{ ...heading, keep: false }])
      flow.placeColumns(blocks, 2, column, gap)
    } else {
      if (style.heading === 'left-column' && width > 440) {
        const blocks = sectionBlocks(studio, section, width * (1 - HEADING_COLUMN), numberer)
        flow.place([...withLeftHeading(studio, part, printed, blocks, width), space(style.gap + 3), ...legalBlocks(studio, width)])
        return
      }
      const side = style.heading === 'side'
      const blocks = sectionBlocks(studio, section, width - (side ? SIDE_STRIP : 0), numberer)
      const whole = side ? sideSection(studio, part, printed, blocks) : undefined
      if (whole && whole.height < (style.page.height - 2 * style.page.margin) * 0.8) flow.place([whole])
      else flow.place([headingBlock(studio, part, printed, width), ...blocks])
    }
    flow.place([space(style.gap + 3), ...legalBlocks(studio, width)])
  })
}

/** Push buttons and unseen fields, as many real forms have; they shift the widgets' places in /Annots. */
function addDistractors(studio: Studio, sheet: Sheet): void {
  const { random, writer, namer, style } = studio
  if (!style.distractors) return
  const top = Math.max(4, style.page.margin - 20)
  if (random.chance(0.6))
    writer.distractor(
      sheet,
      { x: sheet.width - 90, y: top, width: 60, height: 14 },
      'button',
      namer.free(`${random.pick(['Print', 'Reset', 'Clear'])} ${sheet.number}`),
    )
  if (random.chance(0.5)) writer.distractor(sheet, { x: 10, y: top, width: 20, height: 8 }, 'hidden', namer.free(`barcode${sheet.number}`))
}

function shuffleAnnotations(studio: Studio, sheet: Sheet): void {
  const annots = sheet.page.node.Annots()
  if (!annots || !studio.style.shuffledAnnotations) return
  sheet.page.node.set(PDFName.of('Annots'), studio.writer.document.context.obj(studio.random.shuffle(annots.asArray())))
}

function openFlow(studio: Studio, furniture: Furniture, sheets: Sheet[]): Flow {
  const { margin, width, height } = studio.style.page
  const body = { left: margin, width: width - 2 * margin, bottom: height - Math.max(margin, 30) }
  return new Flow(body, () => {
    const sheet = new Sheet(studio.writer.document.addPage([width, height]), sheets.length + 1, width, height)
    sheets.push(sheet)
    addDistractors(studio, sheet)
    return { sheet, top: sheets.length === 1 ? margin : runningHead(studio, furniture, sheet, margin, margin, body.width) }
  })
}

/**
 * A real AcroForm PDF of an authored form, in the layout that `seed` chooses, and the truth about it: the spec, and for
 * each field its widgets (name, page from 1, place in that page's /Annots). The same form and seed give the same bytes.
 */
export async function renderForm(form: AuthoredForm, seed: number): Promise<RenderedForm> {
  const document = await PDFDocument.create({ updateMetadata: false })
  const random = createRandom(hashText(`${form.id}/${seed}`))
  const studio = await openStudio(document, form, random)
  const furniture = makeFurniture(random, form.formNumber)
  const sheets: Sheet[] = []
  const flow = openFlow(studio, furniture, sheets)
  const { width } = flow.body
  flow.place([
    headerBlock(studio, furniture, width),
    ...officeBlocks(studio, width),
    ...instructionBlocks(studio, form.instructions ?? [], width),
    space(4),
  ])
  placeSections(studio, flow, form)
  if (studio.style.noticePage === 'last') {
    flow.turn()
    flow.place(noticeBlocks(studio, width))
  }
  for (const sheet of sheets) {
    drawSideNote(studio, sheet)
    drawFooter(studio, furniture, sheet, sheets.length)
    shuffleAnnotations(studio, sheet)
    sheet.finish(document)
  }
  document.setTitle(form.title)
  document.setCreationDate(DATE)
  document.setModificationDate(DATE)
  const pdf = await document.save({ updateFieldAppearances: false })
  return { pdf, ...studio.gold.finish() }
}
