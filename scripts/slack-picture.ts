// Slack's message as a picture: docs/images/slack-message.png. Drawn by this page from the message's Block Kit JSON,
// since no Slack workspace was at hand; needs a Chromium or Chrome.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KnownBlock } from '@slack/types'
import { quoteMessage } from '../gateway/slack/message.js'
import { sampleNotice, sampleQuote } from '../gateway/testing/samples.js'
import { chromiumPath, launch, NO_BROWSER } from '../tests/browser/chromium.js'

const OUT = fileURLToPath(new URL('../docs/images/slack-message.png', import.meta.url))

/** Slack's mrkdwn, as much of it as our messages use; its text comes escaped. */
const mrkdwn = (text: string): string =>
  text
    .replaceAll(/<([^|>]+)\|([^>]+)>/g, '<a>$2</a>')
    .replaceAll(/\*([^*]+)\*/g, '<b>$1</b>')
    .replaceAll('\n', '<br>')

function drawn(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `<h1>${block.text.text}</h1>`
    case 'section':
      return `<dl>${(block.fields ?? (block.text ? [block.text] : [])).map(({ text }) => `<dd>${mrkdwn(text)}</dd>`).join('')}</dl>`
    case 'context':
      return `<small>${block.elements.map((one) => ('text' in one ? mrkdwn(String(one.text)) : '')).join(' ')}</small>`
    case 'actions': {
      const buttons = block.elements.map((one) => (one.type === 'button' ? `<i class="${one.style ?? ''}">${one.text.text}</i>` : ''))
      return `<p>${buttons.join('')}</p>`
    }
    default:
      throw new Error(`No message of ours has a block of type ${block.type}.`)
  }
}

const STYLE = `body{margin:0;padding:20px;width:560px;font:15px/1.45 Lato,Arial,sans-serif;color:#1d1c1d;background:#fff}
main{border-left:4px solid #ddd;padding-left:14px}h1{font-size:18px;margin:0 0 8px}b{font-weight:700}a{color:#1264a3}
dl{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;margin:0}dd{margin:0}small{display:block;color:#616061;margin:10px 0}
p{margin:0;display:flex;gap:8px}i{font-style:normal;font-weight:700;border:1px solid #bbb;border-radius:4px;padding:5px 12px}
.primary{background:#007a5a;border-color:#007a5a;color:#fff}.danger{background:#fff;border-color:#e01e5a;color:#e01e5a}
footer{margin-top:14px;color:#616061;font-size:12px}`

const path = chromiumPath()
if (!path) {
  process.stderr.write(`${NO_BROWSER}\n`)
  process.exit(1)
}
const quote = sampleQuote({ expiresAt: '2026-05-01T11:00:00.000Z' })
const { blocks } = quoteMessage({ ...sampleNotice(), quote }, 'http://127.0.0.1:8080')
const browser = await launch(path)
try {
  const page = await browser.newPage({ viewport: { width: 600, height: 400 }, deviceScaleFactor: 2 })
  await page.setContent(
    `<!doctype html><style>${STYLE}</style><main>${blocks.map(drawn).join('')}</main>` +
      '<footer>Drawn from the message’s Block Kit JSON by scripts/slack-picture.ts; not a screenshot of Slack.</footer>',
  )
  await page.screenshot({ path: OUT, fullPage: true })
  process.stdout.write(`${join('docs', 'images', 'slack-message.png')}\n`)
} finally {
  await browser.close()
}
