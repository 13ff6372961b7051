import { expect, test } from '@jest/globals'
import { webUiMarkdown } from './web-ui-markdown.js'

const FRAME = { 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'same-origin' }
const ask = (content: string, headers: Record<string, string> = FRAME) =>
  webUiMarkdown().request(`/temporal/render?content=${encodeURIComponent(content)}&theme=dark`, { headers })

test("a run's details are shown in the Web UI's frame, and nothing in them runs", async () => {
  const answer = await ask('## Quote\n\n| at most | $0.30 |\n|---|---|\n\n<script>alert(1)</script><img src=x onerror=alert(1)>')
  const page = await answer.text()
  expect(page).toContain('<h2>Quote</h2>')
  expect(page).toContain('$0.30')
  expect(page).not.toMatch(/<script|onerror/)
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
})

test.each([[{}], [{ ...FRAME, 'sec-fetch-dest': 'document' }], [{ ...FRAME, 'sec-fetch-site': 'cross-site' }]])(
  'a link to it, or a frame of somebody else, is refused: %j',
  async (headers) => {
    expect((await ask('# Sign in again', headers)).status).toBe(403)
  },
)
