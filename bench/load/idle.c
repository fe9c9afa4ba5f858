/* Many idling sessions over TLS: what each costs in memory, and how long after its 250 a message is announced. */
#define _GNU_SOURCE
#include "operations.h"
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

typedef struct {
  Connection *connection;
  int user;
} Idler;

/* Seconds that an announcement may take. */
#define PATIENCE 35

static void begin(Idler *idler, int user, int events) {
  idler->user = user;
  idler->connection = imap_open(user);
  Connection *c = idler->connection;
  imap(c, "SELECT INBOX");
  imap_send(c, "IDLE");
  check(imap_wait(c, c->tag) == IMAP_GO_ON, "IDLE: %s", c->reply);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = idler};
  epoll_ctl(events, EPOLL_CTL_ADD, c->socket, &event);
}

/* What has come at an idling client; whether an EXISTS is in it. */
static int announced(Connection *c) {
  int found = 0;
  long length;
  check(wire_fill(c) == 0, "an idling session was ended");
  while (c->tls != NULL && SSL_pending(c->tls) > 0) check(wire_fill(c) == 0, "an idling session was ended");
  while (memchr(c->data + c->at, '\n', (size_t)(c->length - c->at)) != NULL) {
    char *line = wire_line(c, &length);
    found |= strstr(line, " EXISTS") != NULL;
  }
  return found;
}

static void await(int events, int user, int sessions, double since) {
  struct epoll_event list[64];
  while (sessions > 0) {
    check(now() - since < PATIENCE, "%d idling sessions hear nothing of a message", sessions);
    int n = epoll_wait(events, list, 64, 200);
    for (int i = 0; i < n; i++) {
      Idler *idler = list[i].data.ptr;
      if (!announced(idler->connection) || idler->user != user) continue;
      latency(now() - since);
      sessions--;
    }
  }
}

static void announce(int events) {
  Connection *smtp = smtp_open();
  check(smtp != NULL, "no SMTP");
  corpus_salt((uint64_t)(now() * 1e6) << 8);
  Buffer m = {0};
  phase_start();
  for (int i = 0; i < o.messages; i++) {
    int user = o.first + i * 7 % o.users;
    char to[1][64];
    account(to[0], o.recipient, user);
    message(&m, 88, i, 5120, to[0]);
    check(smtp_send(smtp, "p1@example.net", to, 1, &m), "SMTP: %s", smtp->reply);
    await(events, user, o.connections / o.users + (user - o.first < o.connections % o.users), now());
    pause_for(0.01);
  }
  Phase p = phase_stop();
  phase_print(&p, "push", o.messages, "%s", "");
  smtp_quit(smtp);
}

void idle(void) {
  struct rlimit files = {65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  Idler *idlers = calloc((size_t)o.connections, sizeof *idlers);
  int events = epoll_create1(0);
  quiet();
  Tree before = tree(1);
  phase_start();
  for (int i = 0; i < o.connections; i++) begin(&idlers[i], o.first + i % o.users, events);
  Phase opening = phase_stop();
  settle();
  pause_for(6); /* a server that puts idling sessions to rest may */
  Tree after = tree(1);
  phase_print(&opening, "idle", o.connections, ",\"each\":%.3f,\"total\":%.3f,\"processes\":%d",
              (double)(after.pss - before.pss) / 1024 / o.connections, (double)after.pss / 1e6, after.processes);
  if (o.messages > 0) announce(events);
  for (int i = 0; i < o.connections; i++) wire_close(idlers[i].connection);
  for (int i = 0; i < o.messages && i < o.users; i++) {
    Connection *c = imap_open(o.first + i * 7 % o.users);
    imap_empty(c, "INBOX");
    imap_logout(c);
  }
}
