import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LANGUAGE_TAGS, LANGUAGES, type Texts } from '../src/texts.ts'

/** Every text of a language, those with numbers for each that has a form of its own. */
function allTexts(texts: Texts): string[] {
  const entries = Object.values(texts) as (string | ((...args: unknown[]) => string))[]
  return entries.flatMap((text) => (typeof text === 'string' ? [text] : [0, 1, 2, 5, 21, 100_000].map((count) => text(count, count))))
}

for (const tag of LANGUAGE_TAGS) {
  test(`texts in ${tag} are whole lines, and no response codes`, () => {
    for (const text of allTexts(LANGUAGES[tag].texts)) {
      assert.match(text, /^[^[\s][^\p{Cc}]{2,150}$/u)
      assert.doesNotMatch(text, /undefined|NaN|\[object/)
    }
  })
}

test('English is ASCII: clients that never heard of LANG read it', () => {
  for (const text of allTexts(LANGUAGES.en.texts)) assert.match(text, /^[ -~]+$/)
})

test('Russian counts', () => {
  const { summary } = LANGUAGES.ru.texts
  assert.equal(summary(1, 1), '1 сообщение (1 октет)')
  assert.equal(summary(3, 22), '3 сообщения (22 октета)')
  assert.equal(summary(11, 112), '11 сообщений (112 октетов)')
})
