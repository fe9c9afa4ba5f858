#include "corpus.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 3000
/* Lines of 76 octets and CRLF. */
#define LINE 78
#define MAX_SIZE 8388608

static char *words[2][WORDS];
static char base64_text[65536 + 1];
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint64_t salt;
static const char *writer;

static uint64_t random_next(Random *r) {
  uint64_t z = (r->state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double random_share(Random *r) {
  return ((double)(random_next(r) >> 11) + 0.5) / 9007199254740992.0;
}

int random_below(Random *r, int n) {
  return (int)(random_next(r) % (uint64_t)n);
}

static double random_normal(Random *r) {
  return sqrt(-2 * log(random_share(r))) * cos(6.283185307179586 * random_share(r));
}

static void buffer_room(Buffer *b, long more) {
  if (b->length + more + 1 <= b->room) return;
  b->room = (b->length + more + 1) * 2;
  b->data = realloc(b->data, (size_t)b->room);
  if (b->data == NULL) abort();
}

void buffer_add(Buffer *b, const void *data, long length) {
  buffer_room(b, length);
  memcpy(b->data + b->length, data, (size_t)length);
  b->length += length;
  b->data[b->length] = 0;
}

void buffer_text(Buffer *b, const char *text) {
  buffer_add(b, text, (long)strlen(text));
}

void buffer_format(Buffer *b, const char *format, ...) {
  char text[4096];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (length >= (int)sizeof text) abort();
  buffer_add(b, text, length);
}

void corpus_salt(uint64_t value) {
  salt = value;
}

void corpus_writer(const char *address) {
  writer = address;
}

void corpus_begin(void) {
  static const char *latin[] = {"ka", "ro", "mi", "ten", "lo",  "sa",  "ver", "ni", "pro", "du",
                                "ex", "tor", "ab", "len", "gra", "si", "mo",  "per", "ul", "za"};
  static const char *cyrillic[] = {"ка", "ро", "ми", "тен", "ло",  "са", "вер", "ни",  "про", "ду",
                                   "ек", "тор", "аб", "лен", "гра", "си", "мо",  "пер", "ул",  "за"};
  Random r = {42};
  for (int script = 0; script < 2; script++)
    for (int i = 0; i < WORDS; i++) {
      char text[128] = "";
      for (int syllables = 1 + random_below(&r, 4); syllables > 0; syllables--)
        strcat(text, (script ? cyrillic : latin)[random_below(&r, 20)]);
      words[script][i] = strdup(text);
    }
  for (int i = 0; i < 65536; i++) base64_text[i] = base64_digits[random_next(&r) & 63];
  for (int i = LINE - 2; i < 65536; i += LINE) {
    base64_text[i] = '\r';
    base64_text[i + 1] = '\n';
  }
}

/* A few words are frequent, most are rare. */
static const char *word(Random *r, int script) {
  double u = random_share(r);
  return words[script][(int)(u * u * u * WORDS)];
}

static void add_base64(Buffer *out, const unsigned char *data, long length, int in_lines) {
  int column = 0;
  for (long i = 0; i < length; i += 3) {
    unsigned three = (unsigned)data[i] << 16 | (i + 1 < length ? (unsigned)data[i + 1] << 8 : 0) | (i + 2 < length ? data[i + 2] : 0);
    char four[4] = {base64_digits[three >> 18], base64_digits[three >> 12 & 63],
                    i + 1 < length ? base64_digits[three >> 6 & 63] : '=', i + 2 < length ? base64_digits[three & 63] : '='};
    buffer_add(out, four, 4);
    column += 4;
    if (in_lines && column >= 76) {
      buffer_add(out, "\r\n", 2);
      column = 0;
    }
  }
  if (in_lines && column) buffer_add(out, "\r\n", 2);
}

static void add_quoted(Buffer *out, const unsigned char *data, long length) {
  int column = 0;
  for (long i = 0; i < length; i++) {
    unsigned char c = data[i];
    if (c == '\r' && i + 1 < length && data[i + 1] == '\n') {
      buffer_add(out, "\r\n", 2);
      i++;
      column = 0;
      continue;
    }
    if (column > 70) {
      buffer_add(out, "=\r\n", 3);
      column = 0;
    }
    if (c < 32 || c > 126 || c == '=' || (c == ' ' && i + 1 < length && data[i + 1] == '\r')) {
      buffer_format(out, "=%02X", c);
      column += 3;
    } else {
      buffer_add(out, &data[i], 1);
      column++;
    }
  }
}

static void add_prose(Buffer *out, Random *r, int script, long length) {
  long start = out->length, column = 0;
  while (out->length - start < length) {
    const char *w = word(r, script);
    long n = (long)strlen(w);
    if (column + n > 72) {
      buffer_add(out, "\r\n", 2);
      column = 0;
    }
    buffer_add(out, w, n);
    buffer_add(out, " ", 1);
    column += n + 1;
    if (!random_below(r, 60)) {
      buffer_text(out, "\r\n\r\n");
      column = 0;
    }
  }
  buffer_add(out, "\r\n", 2);
}

static const char *months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Never before three in the morning: a server that keeps dates without their zone, +0300, has to see the same day. */
static void date(uint64_t seed, long i, const char *format, char *out) {
  long day = (long)(((uint64_t)i * 7919 + seed) % (3 * 365));
  sprintf(out, format, (int)(1 + (day % 365) % 28), months[(day % 365) / 31], (int)(2023 + day / 365), (int)(3 + i * 13 % 21),
          (int)(i * 29 % 60), (int)(i % 60));
}

void internal_date(uint64_t seed, long i, char *out) {
  date(seed, i, "%2d-%s-%d %02d:%02d:%02d +0300", out);
}

static void encoded_words(Buffer *out, Random *r, int script, int count) {
  if (!script) {
    while (count-- > 0) {
      buffer_text(out, word(r, 0));
      if (count) buffer_text(out, " ");
    }
    return;
  }
  Buffer text = {0};
  while (count-- > 0) {
    buffer_text(&text, word(r, 1));
    buffer_text(&text, " ");
    if (text.length > 36 || !count) {
      buffer_text(out, "=?UTF-8?B?");
      add_base64(out, (unsigned char *)text.data, text.length, 0);
      buffer_text(out, "?=");
      if (count) buffer_text(out, "\r\n ");
      text.length = 0;
    }
  }
  free(text.data);
}

static void text_part(Buffer *out, Random *r, int script, const char *subtype, long length, int needle) {
  int html = subtype[0] == 'h';
  Buffer text = {0};
  if (html)
    buffer_text(&text, "<html><head><meta charset=\"utf-8\"><style>p{margin:0;font-family:Calibri,sans-serif}</style></head>"
                       "<body><div class=\"WordSection1\">\r\n");
  if (needle) buffer_text(&text, BODY_NEEDLE "\r\n");
  add_prose(&text, r, script, length);
  if (html) buffer_text(&text, "</div></body></html>\r\n");
  int encoding = script ? 1 + random_below(r, 2) : random_below(r, 3);
  buffer_format(out, "Content-Type: text/%s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n", subtype,
                encoding == 2 || script ? "UTF-8" : "us-ascii",
                encoding == 0   ? "7bit"
                : encoding == 1 ? "base64"
                                : "quoted-printable");
  if (encoding == 0) buffer_add(out, text.data, text.length);
  else if (encoding == 1) add_base64(out, (unsigned char *)text.data, text.length, 1);
  else add_quoted(out, (unsigned char *)text.data, text.length);
  free(text.data);
}

/* Log-normal, median 8 KiB, as sizes of real mail are. */
long message_size(uint64_t seed, long i) {
  Random r = {seed * 1000003 + (uint64_t)i};
  random_next(&r);
  double size = 8192 * exp(1.794 * random_normal(&r));
  return size < 700 ? 700 : size > MAX_SIZE ? MAX_SIZE : (long)size;
}

long needles(long n, long every, long at) {
  return n <= at ? 0 : (n - at - 1) / every + 1;
}

static void header(Buffer *out, Random *r, uint64_t seed, long i, int script, const char *to) {
  char sent[64];
  date(seed, i, "%d %s %d %02d:%02d:%02d +0300", sent);
  buffer_format(out,
                "Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n\tby mail.example.test (Postfix) with ESMTPS id "
                "%08lX\r\n\tfor <%s>; %s\r\n",
                random_below(r, 9), random_below(r, 9), random_below(r, 250), (long)(random_next(r) >> 32), to, sent);
  buffer_format(out,
                "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=s1;\r\n"
                "\th=from:to:subject:date:message-id; bh=%.43s=;\r\n\tb=%.70s\r\n\t%.70s==\r\n",
                base64_text + LINE, base64_text + LINE * (1 + random_below(r, 500)), base64_text + LINE * (1 + random_below(r, 500)));
  buffer_text(out, "From: ");
  encoded_words(out, r, script, 2);
  int person = random_below(r, 400);
  if (writer == NULL) buffer_format(out, " <p%d@example.net>\r\nTo: ", person);
  else buffer_format(out, " <%s>\r\nTo: ", writer);
  encoded_words(out, r, script, 2);
  buffer_format(out, " <%s>", to);
  if (random_below(r, 3) == 0)
    for (int others = random_below(r, 5); others >= 0; others--) {
      buffer_text(out, ",\r\n ");
      encoded_words(out, r, script, 2);
      buffer_format(out, " <p%d@example.net>", random_below(r, 400));
    }
  buffer_text(out, "\r\n");
  if (random_below(r, 4) == 0) {
    buffer_text(out, "Cc: ");
    encoded_words(out, r, 0, 2);
    buffer_format(out, " <p%d@example.net>\r\n", random_below(r, 400));
  }
  int reply = i > 10 && random_below(r, 10) < 4;
  long root = reply ? i - 1 - random_below(r, 10) : i;
  buffer_text(out, reply ? "Subject: Re: " : "Subject: ");
  encoded_words(out, r, script, 2 + random_below(r, 7));
  if (i % SUBJECT_EVERY == SUBJECT_AT) buffer_text(out, " " SUBJECT_NEEDLE);
  unsigned long long series = seed + salt;
  buffer_format(out, "\r\nDate: %s\r\nMessage-ID: <%ld.%llx@example.net>\r\n", sent, i, series);
  if (reply)
    buffer_format(out, "In-Reply-To: <%ld.%llx@example.net>\r\nReferences: <%ld.%llx@example.net>\r\n", root, series, root, series);
  if (random_below(r, 5) == 0)
    buffer_format(out, "List-Unsubscribe: <https://example.net/u/%d>\r\nPrecedence: bulk\r\n", random_below(r, 99999));
  buffer_text(out, "User-Agent: Mozilla Thunderbird\r\nX-Spam-Status: No, score=-1.9 required=5.0 tests=BAYES_00,DKIM_SIGNED\r\n"
                   "MIME-Version: 1.0\r\n");
}

static void attachment(Buffer *out, Random *r, int script, const char *boundary, long length) {
  static const struct {
    const char *type, *suffix;
  } kinds[] = {{"application/pdf", "pdf"},
               {"image/jpeg", "jpg"},
               {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
               {"application/zip", "zip"}};
  int kind = random_below(r, 4);
  buffer_format(out, "\r\n--%s\r\nContent-Type: %s;\r\n name=\"", boundary, kinds[kind].type);
  encoded_words(out, r, script, 1);
  buffer_format(out,
                ".%s\"\r\nContent-Disposition: attachment; filename=\"f%d.%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                kinds[kind].suffix, random_below(r, 999), kinds[kind].suffix);
  for (length = length < LINE ? LINE : length - length % LINE; length > 0;) {
    long from = LINE * (long)random_below(r, 400), n = length < LINE * 400 ? length : LINE * 400;
    buffer_add(out, base64_text + from, n);
    length -= n;
  }
}

void message(Buffer *out, uint64_t seed, long i, long size, const char *to) {
  out->length = 0;
  if (!size) size = message_size(seed, i);
  Random r = {seed ^ ((uint64_t)i * 0x5851f42d4c957f2dull + 7)};
  int script = random_below(&r, 10) < 3, kind = random_below(&r, 100);
  header(out, &r, seed, i, script, to);
  int needle = i % BODY_EVERY == BODY_AT;
  long left = size - out->length < 50 ? 50 : size - out->length;
  if (kind < 35 && left < 200000) {
    text_part(out, &r, script, "plain", left * 3 / (script ? 5 : 4), needle);
    return;
  }
  char boundary[40];
  sprintf(boundary, "=_b%08lx%ld", (long)(random_next(&r) >> 32), i);
  int alternative = (kind < 75 || left < 4000) && left < 200000;
  buffer_format(out, "Content-Type: multipart/%s; boundary=\"%s\"\r\n\r\n--%s\r\n", alternative ? "alternative" : "mixed", boundary,
                boundary);
  if (alternative) {
    text_part(out, &r, script, "plain", left / 4, needle);
    buffer_format(out, "\r\n--%s\r\n", boundary);
    text_part(out, &r, script, "html", left * 2 / 5, needle);
  } else {
    long before = out->length;
    text_part(out, &r, script, "plain", left / 10 > 6000 ? 6000 : left / 10, needle);
    left -= out->length - before;
    int files = 1 + random_below(&r, 3);
    for (int file = 0; file < files; file++) attachment(out, &r, script, boundary, left / files);
  }
  buffer_format(out, "\r\n--%s--\r\n", boundary);
}
