/* Sessions and mailboxes: LOGIN, SELECT, STATUS. */
#include "operations.h"

#define MAILBOXES 50
#define IN_EACH 20

void log_in(void) {
  phase_start();
  for (int i = 0; i < o.messages; i++) {
    double since = now();
    Connection *c = imap_open(o.first);
    imap(c, "SELECT \"%s\"", o.folder);
    check(c->exists > 0, "%s is empty", o.folder);
    imap_logout(c);
    latency(now() - since);
  }
  Phase p = phase_stop();
  phase_print(&p, "login", o.messages, "%s", "");
}

static void make_mailboxes(Connection *c) {
  char name[64];
  int made = 0;
  for (int i = 0; i < MAILBOXES; i++) {
    account(name, "Many/m%02d", i);
    if (imap_messages(c, name) == IN_EACH) continue;
    imap_try_command(c, "CREATE %s", name);
    append(c, &(Appending){.mailbox = name, .messages = IN_EACH, .size = 3000, .seed = 9, .way = PIPELINED, .together = IN_EACH});
    made = 1;
  }
  if (made) settle();
}

void statuses(void) {
  Connection *c = imap_open(o.first);
  char name[64];
  long count = 0;
  make_mailboxes(c);
  double end = now() + o.least;
  phase_start();
  do {
    for (int i = 0; i < MAILBOXES; i++, count++) {
      account(name, "Many/m%02d", i);
      double since = now();
      imap(c, "STATUS %s (MESSAGES UNSEEN UIDNEXT UIDVALIDITY RECENT)", name);
      latency(now() - since);
      check(c->answer.sum == IN_EACH, "STATUS says %ld messages, not %d", c->answer.sum, IN_EACH);
    }
  } while (now() < end);
  Phase p = phase_stop();
  phase_print(&p, "status", count, "%s", "");
  end = now() + o.least;
  phase_start();
  for (count = 0; count == 0 || now() < end; count += MAILBOXES) {
    double since = now();
    imap(c, "LIST \"\" \"Many/m*\" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY))");
    latency(now() - since);
    check(c->answer.statuses == MAILBOXES && c->answer.sum == MAILBOXES * IN_EACH, "LIST says %ld messages in %ld mailboxes",
          c->answer.sum, c->answer.statuses);
  }
  p = phase_stop();
  phase_print(&p, "list-status", count, "%s", "");
  imap_logout(c);
}
