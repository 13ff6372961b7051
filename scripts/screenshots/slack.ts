// Slack's message as a picture. No Slack workspace is at hand, so it is drawn from the Block Kit JSON that was posted, and says so.
import type { KnownBlock } from '@slack/types'
import type { Browser } from 'playwright-core'

/** Slack's mrkdwn, as much of it as our messages use; its text comes escaped. */
const mrkdwn = (text: string): string =>
  text
    .replaceAll(/<!date\^\d+\^[^|>]+\|([^>]+)>/g, '$1')
    .replaceAll(/<([^|>]+)\|([^>]+)>/g, '<a>$2</a>')
    .replaceAll(/\*([^*]+)\*/g, '<b>$1</b>')
    .replaceAll('\n', '<br>')

function drawn(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `<h1>${block.text.text}</h1>`
    case 'section': {
      const fields = (block.fields ?? []).map(({ text }) => `<dd>${mrkdwn(text)}</dd>`)
      return `<dl>${fields.join('')}</dl>${block.text ? `<div>${mrkdwn(block.text.text)}</div>` : ''}`
    }
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
dl{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;margin:0}dd{margin:0}div{margin-top:8px}small{display:block;color:#616061;margin:10px 0}
p{margin:0;display:flex;gap:8px}i{font-style:normal;font-weight:700;border:1px solid #bbb;border-radius:4px;padding:5px 12px}
.primary{background:#007a5a;border-color:#007a5a;color:#fff}.danger{background:#fff;border-color:#e01e5a;color:#e01e5a}
footer{margin-top:14px;color:#616061;font-size:12px}`

/** Draws a message as Slack would about show it, into a file. */
export async function slackPicture(browser: Browser, blocks: KnownBlock[], path: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 600, height: 100 }, deviceScaleFactor: 2 })
  await page.setContent(
    `<!doctype html><style>${STYLE}</style><main>${blocks.map(drawn).join('')}</main>` +
      '<footer>Drawn from the message’s Block Kit JSON by npm run screenshots; not a screenshot of Slack.</footer>',
  )
  await page.screenshot({ path, fullPage: true })
  await page.close()
}
