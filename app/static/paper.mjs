// Draws each page of a form and lays a numbered link over every widget.
import * as pdfjs from './pdfjs/build/pdf.min.mjs'

const ASSETS = '/static/pdfjs'
/** Sharp on dense screens, within what a phone's canvas may hold. */
const MAX_CANVAS_PIXELS = 8_000_000

/** Letters of a number, and its box, in shares of the page's width: as large as everywhere, or as a small widget lets it be. */
const NUMBER_SHARE = 1.45
const DIGIT_WIDTH = 0.68
const BOX_WIDTH = 0.2
const LINE_HEIGHT = 1.15

/** Numbers stay inside their widget, so that they hide no print. */
function numberSize({ id, rect }, page) {
  const digits = String(id).length
  const wide = rect.width / (digits * DIGIT_WIDTH + BOX_WIDTH)
  const share = (100 * Math.min(wide, rect.height / LINE_HEIGHT)) / page.width
  return `clamp(6px, ${Math.min(NUMBER_SHARE, share).toFixed(2)}cqi, 10px)`
}

pdfjs.GlobalWorkerOptions.workerSrc = `${ASSETS}/build/pdf.worker.min.mjs`

function outline(marker, page) {
  const link = document.createElement('a')
  link.className = 'widget'
  link.classList.toggle('paper-only', marker.paperOnly)
  link.id = `widget-${marker.id}`
  link.dataset.marker = String(marker.id)
  link.style.left = `${(100 * marker.rect.x) / page.width}%`
  link.style.top = `${(100 * marker.rect.y) / page.height}%`
  link.style.width = `${(100 * marker.rect.width) / page.width}%`
  link.style.height = `${(100 * marker.rect.height) / page.height}%`
  const number = document.createElement('span')
  number.textContent = String(marker.id)
  number.style.fontSize = numberSize(marker, page)
  link.append(number)
  return link
}

async function drawPage(pdf, described, markers, sheet) {
  const page = await pdf.getPage(described.page)
  const natural = page.getViewport({ scale: 1 })
  const wanted = (sheet.clientWidth / natural.width) * (window.devicePixelRatio || 1)
  const scale = Math.min(wanted, Math.sqrt(MAX_CANVAS_PIXELS / (natural.width * natural.height)))
  const viewport = page.getViewport({ scale })
  const canvas = document.createElement('canvas')
  canvas.width = Math.floor(viewport.width)
  canvas.height = Math.floor(viewport.height)
  canvas.setAttribute('aria-hidden', 'true')
  sheet.append(canvas, ...markers.map((marker) => outline(marker, described)))
  await page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.ENABLE }).promise
}

/** Draws the PDF that the element names, page by page; says so when it cannot. */
export async function drawForm(paper) {
  const message = document.getElementById('paper-message')
  try {
    const { pages, markers } = await (await fetch(paper.dataset.markers)).json()
    const pdf = await pdfjs.getDocument({
      url: paper.dataset.pdf,
      cMapUrl: `${ASSETS}/cmaps/`,
      cMapPacked: true,
      standardFontDataUrl: `${ASSETS}/standard_fonts/`,
      wasmUrl: `${ASSETS}/wasm/`,
      isEvalSupported: false,
      enableXfa: false,
      verbosity: 0,
    }).promise
    message.hidden = true
    for (const described of pages) {
      const sheet = document.createElement('div')
      sheet.className = 'sheet'
      sheet.style.aspectRatio = `${described.width} / ${described.height}`
      sheet.setAttribute('role', 'group')
      sheet.setAttribute('aria-label', `Page ${described.page}`)
      paper.append(sheet)
      await drawPage(
        pdf,
        described,
        markers.filter((m) => m.page === described.page),
        sheet,
      )
    }
    paper.dataset.drawn = String(pages.length)
  } catch {
    message.hidden = false
    message.textContent = 'The form could not be drawn here. Its fields are listed beside, and can be corrected and downloaded.'
    paper.dataset.drawn = '0'
  }
}
