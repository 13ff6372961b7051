import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/** pdf.js finds its own files beside itself, so it stays where it is. */
const pdfjsInPlace: Plugin = {
  name: 'pdfjs-in-place',
  setup({ onResolve }) {
    onResolve({ filter: /^pdfjs-dist\// }, ({ path }) => ({ path: pathToFileURL(require.resolve(path)).href, external: true }))
  },
}

/** Our modules find the files beside them, though they are bundled. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' }
    })
  },
}

let made: Promise<URL> | undefined

/** The code of a reading thread as one module. A thread that loads TypeScript by itself starts in seconds and takes twice the memory. */
export function readerCode(): Promise<URL> {
  made ??= build({
    entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // A third of the text that each thread has to hold and compile.
    minify: true,
    plugins: [pdfjsInPlace, ownPlaces],
    // Packages that are CommonJS ask for node's own modules.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(process.cwd() + '/');" },
    logLevel: 'silent',
  }).then(({ outputFiles }) => new URL(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.contents).toString('base64')}`))
  return made
}
