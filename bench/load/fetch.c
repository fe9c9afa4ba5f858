/* FETCH over a whole mailbox: what clients ask for when they open it, and all of its octets. */
#include "operations.h"
#include <stdio.h>

/* As Thunderbird asks. */
#define HEADERS                                                                                                                     \
  "UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority "       \
  "References Newsgroups In-Reply-To Content-Type Reply-To)])"
#define ENVELOPES "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
#define FLAGS "UID FETCH 1:* (FLAGS)"
#define BODIES "UID FETCH 1:* BODY.PEEK[]"

enum { ANY = -1, SAME = -2 };

/* Again and again for o.least seconds; 0: once. `octets`: of literals in one answer; SAME: as many each time. */
static void fetch(const char *name, const char *command, const char *want, const char *want_too, int literals, long octets, int tls) {
  Connection *c = imap_open_by(o.first, tls);
  imap(c, "EXAMINE \"%s\"", o.folder);
  long n = c->exists, count = 0;
  check(n == o.messages, "%s holds %ld messages, not %d", o.folder, n, o.messages);
  c->want[0] = want;
  c->want[1] = want_too;
  double end = now() + o.least;
  phase_start();
  do {
    double since = now();
    imap(c, "%s", command);
    latency(now() - since);
    check(c->answer.matched == n, "%ld of %ld FETCH responses hold what was asked for", c->answer.matched, n);
    check(!literals || c->answer.literals == n, "%ld of %ld literals came", c->answer.literals, n);
    if (octets == SAME) octets = c->answer.octets;
    check(octets == ANY || c->answer.octets == octets, "%ld octets came in literals, not %ld", c->answer.octets, octets);
    count += n;
  } while (now() < end);
  Phase p = phase_stop();
  imap_logout(c);
  phase_print(&p, name, count, ",\"octets\":%ld,\"speed\":%.3f", octets, (double)octets * (double)count / (double)n / 1e6 / p.seconds);
}

void fetch_headers(void) {
  fetch("headers", HEADERS, "UID ", "RFC822.SIZE ", 1, SAME, o.tls);
}

/* Long names and subjects may come as literals, or not: their octets say nothing. */
void fetch_envelopes(void) {
  fetch("envelopes", ENVELOPES, "ENVELOPE (", "BODYSTRUCTURE (", 0, ANY, o.tls);
}

void fetch_flags(void) {
  fetch("flags", FLAGS, "UID ", "FLAGS (", 0, 0, o.tls);
}

void fetch_bodies(void) {
  long octets = corpus_octets(1, o.messages, o.size);
  fetch("bodies", BODIES, "UID ", "BODY[]", 1, octets, 0);
  fetch("bodies-tls", BODIES, "UID ", "BODY[]", 1, octets, 1);
}
