import { LANGUAGES, type Language, type Texts } from './texts.ts'

/** What the client has asked for, for as long as the connection is as it is: STLS begins anew. */
export class Choices {
  /** RFC 6856 section 2.1: headers go out as they are, UTF-8 and all. */
  utf8 = false
  /** RFC 6856 section 3. English until the client asks for another: RFC 1939 knows ASCII only. */
  language: Language = 'en'

  get texts(): Texts {
    return LANGUAGES[this.language].texts
  }

  reset(): void {
    this.utf8 = false
    this.language = 'en'
  }
}
