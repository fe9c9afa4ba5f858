import { lookUpLanguage } from '@mailstead/wire'
import { argumentsOf, authorization, type Command } from '../command.ts'
import { Pop3Refusal } from '../errors.ts'
import { LANGUAGE_TAGS, LANGUAGES } from '../texts.ts'

/**
 * RFC 6856 section 3: the answer is in the new language already. `*` is the administrator's choice, the same for everybody,
 * so that it tells nothing of a user (section 7).
 */
const lang: Command = {
  keyword: 'LANG',
  state: 'any',
  async run({ respond, peer: { choices }, services }, argument) {
    const [range] = argumentsOf(argument, 0, 1, 'LANG [language]')
    if (range === undefined) {
      await respond.listing((texts) => texts.languagesFollow, languages())
      return {}
    }
    const tag = range === '*' ? services.language : lookUpLanguage(range, LANGUAGE_TAGS)
    if (tag === undefined) throw new Pop3Refusal((texts) => texts.noSuchLanguage)
    choices.language = tag
    return { text: (texts) => `${tag} ${texts.languageChanged}` }
  },
}

function languages(): string[] {
  return LANGUAGE_TAGS.map((tag) => `${tag} ${Buffer.from(LANGUAGES[tag].name).toString('latin1')}`)
}

/** RFC 6856 section 2.1. */
const utf8 = authorization('UTF8', ({ peer: { choices } }, argument) => {
  argumentsOf(argument, 0, 0, 'UTF8')
  choices.utf8 = true
  return { text: (texts) => texts.utf8Enabled }
})

export const languageCommands = [lang, utf8]
