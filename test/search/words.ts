/** What letters can do to a search: ligatures, final sigma, marks that combine, letters without a partner, wide ones, scripts without blanks. */
export const WORDS = [
  'invoice', 'Meeting', 'tomorrow', 'the', 'a', 'Re:', 'quick brown', '42', '100%', 'C++', 'ann@example.org', 'https://example.org/?q=1&r=2',
  'Straße', 'STRASSE', 'Größe', 'grüßen', 'naïve', 'café', 'cafe\u0301', 'Ångström', 'A\u030angstro\u0308m', 'ﬁnger', 'oﬃce', 'ﬀ', 'Ĳssel', 'ǆ ǅ Ǆ', 'ŉ ǰ ẖ',
  'Οδυσσεύς', 'ΟΔΟΣ', 'οδός', 'ὈΔΌΣ', 'ᾳ ᾼ αι', 'ΐ', 'Привет', 'ПРИВЕТ', 'ёлка', 'е\u0308лка', 'й и\u0306', 'ქართული', 'ᲥᲐᲠᲗᲣᲚᲘ', 'Ꭰꭰ', 'եւ և',
  'İstanbul', 'ısı', 'Diyarbakır', 'Łódź', 'Łódz\u0301', 'Ⅷ ⅷ', '½', '㎏', '℡', 'ＦＵＬＬ width', 'ｶﾞ ガ', '日本語のテキスト', '検索', '中文搜索', '한국어', '한국어'.normalize('NFD'),
  'שלום', 'مرحبا', 'ﷺ', 'لا ﻻ', 'हिन्दी', 'ไทย', '👩‍👩‍👧', '𝒜𝓑', '𐐨𐐀', 'ß', 'ẞ', 'ς', 'σ', 'é', '語', 'x', '&', '<', '"', '\\', '=', '_', '?=', '=?',
] // prettier-ignore

export const CHARSETS = [
  'utf-8',
  'iso-8859-1',
  'iso-8859-2',
  'iso-8859-7',
  'koi8-r',
  'windows-1251',
  'windows-1252',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'gbk',
  'big5',
]
