import { type Context, Hono } from 'hono'
import { VariantId } from '../../contracts/index.js'
import type { AppEnv } from '../account/signed.js'
import type { Choices } from './choices.js'
import type { CatalogFigures } from './figures.js'
import type { HealthCheck } from './health.js'
import { variantsPage } from './page.js'

const PATH = '/settings/variants/extraction'

/** Settings → Variants. */
export function variantRoutes(choices: Choices, checks: Pick<HealthCheck, 'all'>, figures: Pick<CatalogFigures, 'latest'>): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  const page = async (c: Context<AppEnv>, told: { message?: string; done?: string } = {}) => {
    const { signed } = c.var
    const health = await checks.all()
    const latest = await figures.latest(health['extraction/lora-v1'].live)
    return variantsPage({ signed, chosen: choices.of(signed.account.id), health, figures: latest, ...told })
  }

  routes.get('/settings', (c) => c.redirect(PATH, 303))
  routes.get('/settings/variants', (c) => c.redirect(PATH, 303))
  routes.get(PATH, async (c) =>
    c.html(await page(c, c.req.query('done') ? { done: `Extract now uses ${choices.of(c.var.signed.account.id)}.` } : {})),
  )

  routes.post(PATH, async (c) => {
    const parsed = VariantId.safeParse((await c.req.parseBody()).variant)
    if (!parsed.success) return c.html(await page(c, { message: 'Choose one of the variants. Nothing was changed.' }), 422)
    const health = (await checks.all())[parsed.data]
    if (!health.canRun)
      return c.html(await page(c, { message: `${parsed.data} cannot run here: ${health.text} Nothing was changed.` }), 409)
    choices.choose(c.var.signed.account.id, parsed.data)
    return c.redirect(`${PATH}?done=1`, 303)
  })
  return routes
}
