import { registerHooks } from 'node:module'

const OWN = '@mailstead/'
/** Zod's words in sixty languages, a file each, which it loads for nobody: those of our settings are ours, and what remains is English. */
const LANGUAGES = '../locales/index.js'
const ENGLISH = '../locales/en.js'

/**
 * Takes imports of our own files for what they say, from now on and in this thread: `./x.ts` is the file beside, and a package of ours is the
 * same one for whoever imports it. Node looks for each import of each file on the disk, up to the root: that was a fifth of a start. Stands apart from the
 * rest of the package, as it has to be there before all else is. A file that is not there is `ENOENT` when it is read.
 */
export function resolveOwnImports(): ReturnType<typeof registerHooks> {
  const packages = new Map<string, { readonly url: string; readonly shortCircuit: true }>()
  return registerHooks({
    resolve(specifier, context, next) {
      const { parentURL } = context
      if (specifier === LANGUAGES && parentURL?.includes('/node_modules/zod/') === true) return next(ENGLISH, context)
      if (parentURL?.endsWith('.ts') !== true) return next(specifier, context)
      if (specifier.startsWith('.') && specifier.endsWith('.ts')) {
        return { url: new URL(specifier, parentURL).href, format: 'module-typescript', shortCircuit: true }
      }
      if (!specifier.startsWith(OWN)) return next(specifier, context)
      const known = packages.get(specifier) ?? { ...next(specifier, context), shortCircuit: true }
      packages.set(specifier, known)
      return known
    },
  })
}
