/* APPEND in its ways, and the mailbox that everything else looks at. */
#include "operations.h"
#include <stdio.h>
#include <stdlib.h>

#define MOST_AT_ONCE (8 << 20)

/* Message i as the command, or as one more of it. */
static void put_message(Connection *c, Buffer *out, const Appending *a, long i, int first, const char *to) {
  static __thread Buffer m;
  char date[40];
  message(&m, a->seed, i, a->size, to);
  internal_date(a->seed, i, date);
  if (first) buffer_format(out, "a%d APPEND \"%s\"", ++c->tag, a->mailbox);
  buffer_format(out, " (%s) \"%s\" {%ld%s}\r\n", i % 5 ? "\\Seen" : "", date, m.length, a->way == LITERAL ? "" : "+");
  if (a->way == LITERAL) {
    wire_write(c, out->data, out->length);
    check(imap_wait(c, c->tag) == IMAP_GO_ON, "APPEND: %s", c->reply);
    out->length = 0;
  }
  buffer_add(out, m.data, m.length);
}

/* As many commands as `together` says, in one write. Returns how many messages. */
static long append_some(Connection *c, Buffer *out, const Appending *a, long from, const char *to) {
  long count = a->way < PIPELINED ? 1 : a->together, n = 0;
  int first_tag = c->tag + 1;
  out->length = 0;
  for (; n < count && from + n < a->messages && out->length < MOST_AT_ONCE; n++) {
    put_message(c, out, a, from + n, n == 0 || a->way != TOGETHER_IN_ONE, to);
    if (a->way != TOGETHER_IN_ONE) buffer_text(out, "\r\n");
  }
  if (a->way == TOGETHER_IN_ONE) buffer_text(out, "\r\n");
  wire_write(c, out->data, out->length);
  for (int tag = first_tag; tag <= c->tag; tag++) check(imap_wait(c, tag) == IMAP_OK, "APPEND: %s", c->reply);
  return n;
}

void append(Connection *c, const Appending *a) {
  Buffer out = {0};
  char to[64];
  account(to, o.recipient, o.first);
  for (long i = 0; i < a->messages;) {
    double since = now();
    i += append_some(c, &out, a, i, to);
    latency(now() - since);
  }
  free(out.data);
}

long corpus_octets(uint64_t seed, long messages, long size) {
  Buffer m = {0};
  char to[64];
  long octets = 0;
  account(to, o.recipient, o.first);
  for (long i = 0; i < messages; i++) {
    message(&m, seed, i, size, to);
    octets += m.length;
  }
  free(m.data);
  return octets;
}

void append_all(void) {
  static const struct {
    const char *name;
    enum Way way;
  } ways[] = {{"append", ONE_BY_ONE}, {"append-pipelined", PIPELINED}, {"append-multi", TOGETHER_IN_ONE}};
  Connection *c = imap_open(o.first);
  for (int i = 0; i < 3; i++) {
    imap_try_command(c, "DELETE Appended");
    imap(c, "CREATE Appended");
    quiet();
    phase_start();
    append(c, &(Appending){.mailbox = "Appended", .messages = o.messages, .size = o.size, .seed = 5, .way = ways[i].way, .together = o.window});
    Phase p = phase_stop();
    p.cpu_after = settle();
    imap(c, "EXAMINE Appended");
    check(c->exists == o.messages, "%ld of %d messages were appended", c->exists, o.messages);
    imap(c, "FETCH 1:* RFC822.SIZE");
    check(c->answer.fetches == o.messages, "%ld of %d messages are there", c->answer.fetches, o.messages);
    imap(c, "UNSELECT");
    phase_print(&p, ways[i].name, o.messages, "%s", "");
  }
  imap(c, "DELETE Appended");
  imap_logout(c);
}

void populate(void) {
  Connection *c = imap_open(o.first);
  if (imap_messages(c, o.folder) != o.messages) {
    imap_try_command(c, "CREATE \"%s\"", o.folder);
    imap_empty(c, o.folder);
    quiet();
    phase_start();
    append(c, &(Appending){.mailbox = o.folder, .messages = o.messages, .size = o.size, .seed = 1, .way = PIPELINED, .together = 20});
    Phase p = phase_stop();
    p.cpu_after = settle();
    check(imap_messages(c, o.folder) == o.messages, "%s was not filled", o.folder);
    phase_print(&p, "populate", o.messages, "%s", "");
  }
  imap_logout(c);
}
