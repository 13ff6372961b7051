// Widgets on the paper and fields beside it: hovering or focusing one lights up the other.

const numbersOf = (field) => field.dataset.markers.split(' ').filter((n) => n !== '')

function light(on, field, widgets) {
  field?.classList.toggle('lit', on)
  for (const widget of widgets) widget.classList.toggle('lit', on)
}

function onHoverAndFocus(element, change) {
  element.addEventListener('pointerenter', () => change(true))
  element.addEventListener('pointerleave', () => change(false))
  element.addEventListener('focusin', () => change(true))
  element.addEventListener('focusout', () => change(false))
}

/** Shows an element inside its own scrolling box, without moving the page; on a narrow screen the answers have none. */
function bringInto(box, element) {
  if (box.scrollHeight <= box.clientHeight) return
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()]
  if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - box.clientHeight / 3
  if (inner.left < outer.left || inner.right > outer.right) box.scrollLeft += inner.left - outer.left - box.clientWidth / 4
}

/** Ties the outlines in `paper` to the fields of the page. */
export function pairUp(paper) {
  const answers = document.getElementById('answers')
  const fields = [...document.querySelectorAll('.field')]
  const fieldOf = new Map(fields.flatMap((field) => numbersOf(field).map((n) => [n, field])))
  const widgetOf = new Map([...paper.querySelectorAll('.widget')].map((w) => [w.dataset.marker, w]))
  for (const [number, widget] of widgetOf) {
    const field = fieldOf.get(number)
    const label = field?.querySelector('input')?.value
    widget.setAttribute('aria-label', label ? `Widget ${number}: ${label}` : `Widget ${number}`)
    if (!field) continue
    widget.href = `#${field.id}`
    const group = numbersOf(field).flatMap((n) => widgetOf.get(n) ?? [])
    widget.title = label ?? ''
    onHoverAndFocus(widget, (on) => {
      light(on, field, group)
      if (on) bringInto(answers, field)
    })
    widget.addEventListener('click', (event) => {
      event.preventDefault()
      const input = field.querySelector('input')
      input.focus()
      field.scrollIntoView({ block: 'center' })
    })
  }
  for (const field of fields) {
    const group = numbersOf(field).flatMap((n) => widgetOf.get(n) ?? [])
    onHoverAndFocus(field, (on) => {
      light(on, field, group)
      if (on && group[0]) bringInto(paper, group[0])
    })
  }
}
