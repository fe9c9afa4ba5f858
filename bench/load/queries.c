/* SEARCH, SORT and THREAD over a whole mailbox. What the corpus cannot say of the hits, all servers have to say alike: `answer`. */
#include "operations.h"

typedef struct {
  const char *name, *command;
  /* -1: as many as all servers say. */
  long hits;
} Query;

static void ask(Connection *c, const Query *q, int at_most) {
  int count = 0;
  long hits = q->hits, sum = -1;
  double end = now() + o.least;
  phase_start();
  do {
    double since = now();
    imap(c, "%s", q->command);
    latency(now() - since);
    if (hits < 0) hits = c->answer.numbers;
    if (sum < 0) sum = c->answer.sum;
    check(c->answer.numbers == hits && c->answer.sum == sum, "%s: %ld hits, not %ld", q->command, c->answer.numbers, hits);
  } while (++count < at_most && now() < end);
  Phase p = phase_stop();
  phase_print(&p, q->name, count, ",\"hits\":%ld,\"answer\":%ld", hits, sum);
}

static void ask_all(const Query *list, int count) {
  Connection *c = imap_open(o.first);
  imap(c, "SELECT \"%s\"", o.folder);
  check(c->exists == o.messages, "%s holds %ld messages, not %d", o.folder, c->exists, o.messages);
  for (int i = 0; i < count; i++) ask(c, &list[i], 40);
  imap_logout(c);
}

void searches(void) {
  long n = o.messages, in_text = needles(n, BODY_EVERY, BODY_AT);
  Query list[] = {
      {"search-subject", "UID SEARCH SUBJECT " SUBJECT_NEEDLE, needles(n, SUBJECT_EVERY, SUBJECT_AT)},
      {"search-from", "UID SEARCH FROM \"p17@example\"", -1},
      {"search-since", "UID SEARCH SINCE 1-Nov-2025", -1},
      {"search-unseen", "UID SEARCH UNSEEN", -1},
      {"search-body", "UID SEARCH BODY " BODY_NEEDLE, in_text},
      {"search-text", "UID SEARCH TEXT " BODY_NEEDLE, in_text},
  };
  ask_all(list, sizeof list / sizeof *list);
}

void sorts(void) {
  long n = o.messages;
  Query list[] = {
      {"sort-date", "SORT (DATE) UTF-8 ALL", n},
      {"sort-arrival", "SORT (REVERSE ARRIVAL) UTF-8 ALL", n},
      {"sort-subject", "SORT (SUBJECT) UTF-8 ALL", n},
      {"sort-from", "SORT (FROM) UTF-8 ALL", n},
      {"thread", "THREAD REFERENCES UTF-8 ALL", n},
  };
  ask_all(list, sizeof list / sizeof *list);
}
