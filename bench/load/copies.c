/* COPY, MOVE and EXPUNGE of a whole mailbox, and MOVE of one message after the other. */
#include "operations.h"

static void make(Connection *c, const char *mailbox) {
  imap_try_command(c, "DELETE %s", mailbox);
  imap(c, "CREATE %s", mailbox);
}

static void act(Connection *c, const char *name, const char *command, long operations, long expunges) {
  quiet();
  phase_start();
  imap(c, "%s", command);
  Phase p = phase_stop();
  check(c->answer.expunges == expunges, "%s: %ld EXPUNGE responses, not %ld", command, c->answer.expunges, expunges);
  p.cpu_after = settle();
  phase_print(&p, name, operations, "%s", "");
}

static void hold(Connection *c, const char *mailbox, long n) {
  long there = imap_messages(c, mailbox);
  check(there == n, "%s holds %ld messages, not %ld", mailbox, there, n);
}

void copies(void) {
  Connection *c = imap_open(o.first);
  make(c, "Copied");
  make(c, "Moved");
  imap(c, "SELECT \"%s\"", o.folder);
  long n = c->exists;
  act(c, "copy", "UID COPY 1:* Copied", n, 0);
  hold(c, "Copied", n);
  imap(c, "SELECT Copied");
  act(c, "move", "UID MOVE 1:* Moved", n, n);
  hold(c, "Copied", 0);
  hold(c, "Moved", n);
  imap(c, "SELECT Moved");
  imap(c, "STORE 1:* +FLAGS.SILENT (\\Deleted)");
  act(c, "expunge", "EXPUNGE", n, n);
  hold(c, "Moved", 0);

  imap(c, "SELECT \"%s\"", o.folder);
  imap(c, "UID COPY 1:%d Copied", o.messages);
  imap(c, "SELECT Copied");
  phase_start();
  for (int i = 0; i < o.messages; i++) {
    double since = now();
    imap(c, "MOVE 1 Moved");
    latency(now() - since);
    check(c->answer.expunges == 1, "MOVE of one: %ld EXPUNGE responses", c->answer.expunges);
  }
  Phase p = phase_stop();
  p.cpu_after = settle();
  hold(c, "Moved", o.messages);
  phase_print(&p, "move-one", o.messages, "%s", "");
  imap(c, "UNSELECT");
  imap(c, "DELETE Copied");
  imap(c, "DELETE Moved");
  imap_logout(c);
}
