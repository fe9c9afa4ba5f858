/* STORE: on all messages of a mailbox, and on one after the other. */
#include "operations.h"

static long flagged(Connection *c) {
  imap(c, "SEARCH FLAGGED");
  return c->answer.numbers;
}

static void store_on_all(Connection *c, long n) {
  long count = 0;
  int on = 0;
  double end = now() + o.least;
  phase_start();
  do {
    on = !on;
    double since = now();
    imap(c, "UID STORE 1:* %sFLAGS (\\Flagged)", on ? "+" : "-");
    latency(now() - since);
    check(c->answer.fetches == n, "STORE tells of %ld messages, not %ld", c->answer.fetches, n);
    count += n;
  } while (now() < end);
  Phase p = phase_stop();
  p.cpu_after = settle();
  check(flagged(c) == (on ? n : 0), "%ld messages are flagged", flagged(c));
  phase_print(&p, "store-all", count, "%s", "");
}

static void store_on_one(Connection *c, long n) {
  imap(c, "STORE 1:* -FLAGS.SILENT (\\Flagged)");
  check(flagged(c) == 0 && o.messages <= n, "nothing is to be flagged yet");
  long step = n / o.messages;
  phase_start();
  for (long i = 0; i < o.messages; i++) {
    double since = now();
    imap(c, "STORE %ld +FLAGS (\\Flagged)", 1 + i * step);
    latency(now() - since);
    check(c->answer.fetches == 1, "STORE tells of %ld messages", c->answer.fetches);
  }
  Phase p = phase_stop();
  p.cpu_after = settle();
  check(flagged(c) == o.messages, "%ld messages are flagged, not %d", flagged(c), o.messages);
  phase_print(&p, "store", o.messages, "%s", "");
}

void store_flags(void) {
  Connection *c = imap_open(o.first);
  imap(c, "SELECT \"%s\"", o.folder);
  long n = c->exists;
  imap(c, "STORE 1:* -FLAGS.SILENT (\\Flagged)");
  c->want[0] = "FLAGS (";
  store_on_all(c, n);
  store_on_one(c, n);
  imap(c, "STORE 1:* -FLAGS.SILENT (\\Flagged)");
  imap_logout(c);
}
