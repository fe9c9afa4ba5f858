/* load OPERATION [--option value …]: loads a mail server over its sockets; see ../README.md. */
#include "operations.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the server's processes take, now. */
void look(void) {
  Tree t = tree(1);
  printf("{\"phase\":\"look\",\"memory\":%.3f,\"processes\":%d,\"spent\":%.6f}\n", (double)t.pss / 1e6, t.processes, t.cpu);
}

static const struct {
  const char *name;
  void (*run)(void);
} operations[] = {
    {"deliver", deliver}, {"append", append_all},   {"populate", populate}, {"headers", fetch_headers}, {"envelopes", fetch_envelopes},
    {"flags", fetch_flags}, {"bodies", fetch_bodies}, {"login", log_in},      {"statuses", statuses},     {"store", store_flags},
    {"search", searches}, {"sort", sorts},          {"copy", copies},       {"pop3", retrieve_all},     {"idle", idle},
    {"mixed", mixed},     {"growth", growth},       {"leave", leave},       {"defer", defer},           {"look", look},
    {"limits", limits},
};

enum Kind { TEXT, WHOLE, LONG, REAL };
static const struct {
  const char *name;
  enum Kind kind;
  void *at;
} options[] = {
    {"host", TEXT, &o.host},
    {"user", TEXT, &o.user},
    {"password", TEXT, &o.password},
    {"recipient", TEXT, &o.recipient},
    {"pids", TEXT, &o.pids},
    {"folder", TEXT, &o.folder},
    {"smtp", WHOLE, &o.smtp},
    {"imap", WHOLE, &o.imap},
    {"imaps", WHOLE, &o.imaps},
    {"pop3", WHOLE, &o.pop3},
    {"sink", WHOLE, &o.sink},
    {"messages", WHOLE, &o.messages},
    {"connections", WHOLE, &o.connections},
    {"users", WHOLE, &o.users},
    {"first", WHOLE, &o.first},
    {"per-connection", WHOLE, &o.per_connection},
    {"tls", WHOLE, &o.tls},
    {"window", WHOLE, &o.window},
    {"login", WHOLE, &o.login},
    {"per-message", WHOLE, &o.per_message},
    {"domains", WHOLE, &o.domains},
    {"dead", WHOLE, &o.dead},
    {"signatures", WHOLE, &o.signatures},
    {"size", LONG, &o.size},
    {"seconds", REAL, &o.seconds},
    {"least", REAL, &o.least},
    {"think", REAL, &o.think},
};

static void set(const char *name, const char *value) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (strcmp(options[i].name, name) != 0) continue;
    if (options[i].kind == TEXT) *(const char **)options[i].at = value;
    else if (options[i].kind == WHOLE) *(int *)options[i].at = atoi(value);
    else if (options[i].kind == LONG) *(long *)options[i].at = atol(value);
    else *(double *)options[i].at = atof(value);
    return;
  }
  fail("no option --%s", name);
}

int main(int count, char **arguments) {
  signal(SIGPIPE, SIG_IGN);
  corpus_begin();
  wire_begin();
  for (int i = 2; i + 1 < count; i += 2) set(arguments[i] + 2, arguments[i + 1]);
  for (size_t i = 0; count > 1 && i < sizeof operations / sizeof *operations; i++)
    if (strcmp(operations[i].name, arguments[1]) == 0) {
      operations[i].run();
      return 0;
    }
  fail("load OPERATION [--option value …]");
}
