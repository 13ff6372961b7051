/** Somebody at the app's address: keeps the session's cookie and the token of its forms. */
export class Visitor {
  private cookie = ''
  private csrf = ''

  constructor(
    /** Sends a request; an app's own `fetch`, or the network's. */
    private readonly send: (request: Request) => Response | Promise<Response>,
    readonly url: string = 'http://127.0.0.1:8091',
  ) {}

  async get(path: string): Promise<Response> {
    const answer = await this.send(new Request(this.url + path, { headers: this.headers(), redirect: 'manual' }))
    return this.remember(answer)
  }

  async post(path: string, fields: Record<string, string | File>, { token = true, origin = this.url } = {}): Promise<Response> {
    const form = new FormData()
    if (token) form.set('csrf', this.csrf)
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    const request = new Request(this.url + path, {
      method: 'POST',
      body: form,
      headers: { ...this.headers(), origin },
      redirect: 'manual',
    })
    return this.remember(await this.send(request))
  }

  async signIn(password: string, name = 'owner'): Promise<Response> {
    const answer = await this.post('/sign-in', { name, password }, { token: false })
    if (answer.status === 303) await this.readToken()
    return answer
  }

  /** Takes the token from a page with a form. */
  async readToken(): Promise<void> {
    const page = await (await this.get('/')).text()
    this.csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  }

  /** The text of the page's alert. */
  static alertOf(page: string): string {
    return (/role="alert"[^>]*>([^<]+)</.exec(page)?.[1] ?? '').replaceAll('&#39;', "'").replaceAll('&quot;', '"')
  }

  private headers(): Record<string, string> {
    return { host: new URL(this.url).host, ...(this.cookie ? { cookie: this.cookie } : {}) }
  }

  private remember(answer: Response): Response {
    for (const line of answer.headers.getSetCookie()) this.cookie = line.split(';')[0]!
    return answer
  }
}
