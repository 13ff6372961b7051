import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { Hono } from 'hono'

const TYPES: Record<string, string> = {
  '.mjs': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.bcmap': 'application/octet-stream',
  '.pfb': 'application/octet-stream',
  '.ttf': 'font/ttf',
}
const OWN = /^[a-z-]+\.(mjs|css|svg)$/
const PDFJS = /^(build\/pdf(\.worker)?\.min\.mjs|cmaps\/[\w-]+\.bcmap|standard_fonts\/[\w-]+\.(pfb|ttf)|wasm\/[\w-]+\.(wasm|js))$/

/** Our own files, and the parts of pdf.js that draw a form in the browser. */
export function staticFiles(root: string): Hono {
  const pdfjs = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'))
  const routes = new Hono()
  const serve = async (path: string, maxAge: number): Promise<Response> => {
    const bytes = await readFile(path).catch(() => undefined)
    if (!bytes) return new Response('There is no such file.', { status: 404 })
    return new Response(new Uint8Array(bytes), {
      headers: { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Cache-Control': `max-age=${maxAge}` },
    })
  }
  routes.get('/pdfjs/:path{.+}', (c) => {
    const path = c.req.param('path')
    return PDFJS.test(path) ? serve(join(pdfjs, path), 86_400) : c.text('There is no such file.', 404)
  })
  routes.get('/:name', (c) => {
    const name = c.req.param('name')
    return OWN.test(name) ? serve(join(root, 'app', 'static', name), 60) : c.text('There is no such file.', 404)
  })
  return routes
}
