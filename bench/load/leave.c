/* Mail for other servers: from the first MAIL until it is settled in the queue. */
#include "operations.h"
#include "sink.h"
#include <stdio.h>
#include <stdlib.h>

/* How many are queued for each dead destination, before the others come. */
#define FOR_THE_DEAD 50

/* Recipients r<number>@d<domain>.far.test, the numbers without gaps. */
static int to_far(long i, char (*to)[64]) {
  for (int n = 0; n < o.per_message; n++) sprintf(to[n], "r%ld@d%03ld.far.test", i * o.per_message + n, i % o.domains);
  return o.per_message;
}

static int to_dead(long i, char (*to)[64]) {
  for (int n = 0; n < o.per_message; n++) sprintf(to[n], "x%ld@dead%ld.far.test", i * o.per_message + n, i % (o.dead ? o.dead : 1));
  return o.per_message;
}

static void send_as_user(Addresses to) {
  static char from[64];
  account(from, o.recipient, o.first);
  corpus_writer(from);
  send_all(from, to);
}

/* Whoever looks into the queue says when it is done. */
static void await_settled(void) {
  char line[64];
  puts("{\"received\":true}");
  fflush(stdout);
  check(fgets(line, sizeof line, stdin) != NULL, "nobody says whether all is settled");
}

void leave(void) {
  long all = (long)o.messages * o.per_message;
  corpus_salt((uint64_t)(now() * 1e6) << 8);
  sink_start(o.sink);
  if (o.dead) {
    long messages = o.messages;
    sink_silent(o.sink + 1);
    o.messages = o.dead * FOR_THE_DEAD;
    send_as_user(to_dead);
    o.messages = (int)messages;
    pause_for(1);
  }
  phase_start();
  double since = now(), end;
  send_as_user(to_far);
  double queued = now() - since;
  for (end = now() + 120; sink_taken() < all; pause_for(0.002)) check(now() < end, "%ld of %ld recipients got their message", sink_taken(), all);
  double received = now() - since;
  await_settled();
  Phase p = phase_stop();
  p.cpu_after = settle();
  check(o.per_message > 1 || sink_signatures() == o.messages * (1 + o.signatures), "%ld signatures came on %d messages", sink_signatures(), o.messages);
  check(sink_taken() == all, "%ld recipients got a message, not %ld", sink_taken(), all);
  phase_print(&p, "leave", o.messages, ",\"recipients\":%ld,\"queued\":%.3f,\"received\":%.3f", all, queued, received);
}

/* Mail that cannot leave. */
void defer(void) {
  phase_start();
  send_as_user(to_dead);
  Phase p = phase_stop();
  p.cpu_after = settle();
  phase_print(&p, "defer", o.messages, ",\"recipients\":%ld", (long)o.messages * o.per_message);
}
