/* The same acts in mailboxes of different size: what each of them costs. */
#include "operations.h"

#define ACTS 200
#define MESSAGE 1000
/* So many different messages at the most; what is more are copies of them, as no other way is quick enough on every server. */
#define DIFFERENT 10000

static int to_one(long i, char (*to)[64]) {
  (void)i;
  account(to[0], o.recipient, o.first);
  return 1;
}

static void select_often(Connection *c, long n) {
  long count = 0;
  double end = now() + o.least;
  phase_start();
  for (; count == 0 || now() < end; count++) {
    imap(c, "SELECT INBOX");
    check(c->exists == n, "INBOX holds %ld messages, not %ld", c->exists, n);
  }
  Phase p = phase_stop();
  phase_print(&p, "growth-select", count, "%s", "");
}

/* One command a message, messages from all over the mailbox. */
static void one_by_one(Connection *c, long n, const char *name, int store) {
  phase_start();
  for (long i = 0; i < ACTS; i++) {
    long which = 1 + i * 7919 % n;
    if (store) imap(c, "STORE %ld %sFLAGS (\\Answered)", which, i % 2 ? "-" : "+");
    else imap(c, "FETCH %ld (UID FLAGS ENVELOPE BODYSTRUCTURE)", which);
    check(c->answer.fetches == (store && i % 2 ? c->answer.fetches : 1), "%s: %ld responses", name, c->answer.fetches);
  }
  Phase p = phase_stop();
  phase_print(&p, name, ACTS, "%s", "");
}

static void search(Connection *c, long n) {
  long different = n < DIFFERENT ? n : DIFFERENT, hits = needles(different, SUBJECT_EVERY, SUBJECT_AT) * (n / different), count = 0;
  double end = now() + o.least;
  phase_start();
  for (; count == 0 || now() < end; count += hits) {
    imap(c, "UID SEARCH SUBJECT " SUBJECT_NEEDLE);
    check(c->answer.numbers == hits, "SEARCH finds %ld, not %ld", c->answer.numbers, hits);
  }
  Phase p = phase_stop();
  phase_print(&p, "growth-search", count, "%s", "");
}

static void add(Connection *c, long n) {
  quiet();
  phase_start();
  append(c, &(Appending){.mailbox = "INBOX", .messages = ACTS, .size = 5120, .seed = 5, .way = ONE_BY_ONE});
  Phase p = phase_stop();
  p.cpu_after = settle();
  phase_print(&p, "growth-append", ACTS, "%s", "");
  o.messages = ACTS;
  o.size = 5120;
  corpus_salt((uint64_t)(now() * 1e6) << 8);
  Connection *beside = imap_open(o.first); /* in a mailbox that is selected STATUS may say what was there before */
  phase_start();
  send_all("p1@example.net", to_one);
  imap_await(beside, n + 2 * ACTS);
  p = phase_stop();
  p.cpu_after = settle();
  imap_logout(beside);
  phase_print(&p, "growth-deliver", ACTS, "%s", "");
}

static void fill(Connection *c, long n) {
  long there = n < DIFFERENT ? n : DIFFERENT;
  check(n % there == 0, "%ld messages are no multiple of %ld", n, there);
  imap_empty(c, "INBOX");
  append(c, &(Appending){.mailbox = "INBOX", .messages = there, .size = MESSAGE, .seed = 1, .way = TOGETHER_IN_ONE, .together = 100});
  imap(c, "SELECT INBOX");
  for (; there < n; there += DIFFERENT) imap(c, "COPY 1:%d INBOX", DIFFERENT);
  check(imap_messages(c, "INBOX") == n, "INBOX was not filled");
  settle();
}

void growth(void) {
  Connection *c = imap_open(o.first);
  long n = o.messages;
  if (imap_messages(c, "INBOX") != n) fill(c, n);
  imap(c, "SELECT INBOX");
  select_often(c, n);
  one_by_one(c, n, "growth-store", 1);
  one_by_one(c, n, "growth-fetch", 0);
  search(c, n);
  add(c, n);
  imap(c, "SELECT INBOX");
  imap(c, "STORE %ld:* +FLAGS.SILENT (\\Deleted)", n + 1);
  imap(c, "EXPUNGE");
  imap_logout(c);
}
