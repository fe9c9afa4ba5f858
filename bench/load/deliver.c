/* SMTP in, until the messages can be seen by IMAP. */
#include "operations.h"
#include <pthread.h>
#include <stdlib.h>

#define MAX_RECIPIENTS 100
#define MAX_CONNECTIONS 256

static long next_message;
static const char *sender;
static Addresses addresses;

static void *send_some(void *unused) {
  (void)unused;
  Buffer m = {0};
  Connection *c = NULL;
  char to[MAX_RECIPIENTS][64];
  for (int sent = 0;;) {
    long i = __sync_fetch_and_add(&next_message, 1);
    if (i >= o.messages) break;
    int count = addresses(i, to);
    message(&m, 77, i, o.size, to[0]);
    double since = now();
    if (c == NULL) c = smtp_open();
    check(c != NULL, "no SMTP");
    check(smtp_send(c, sender, to, count, &m), "SMTP: %s", c->reply);
    latency(now() - since);
    if (++sent % o.per_connection == 0) {
      smtp_quit(c);
      c = NULL;
    }
  }
  if (c != NULL) smtp_quit(c);
  free(m.data);
  return NULL;
}

void send_all(const char *from, Addresses to) {
  pthread_t threads[MAX_CONNECTIONS];
  check(o.connections <= MAX_CONNECTIONS, "too many connections");
  next_message = 0;
  sender = from;
  addresses = to;
  for (int i = 0; i < o.connections; i++) pthread_create(&threads[i], NULL, send_some, NULL);
  for (int i = 0; i < o.connections; i++) pthread_join(threads[i], NULL);
}

static int to_users(long i, char (*to)[64]) {
  account(to[0], o.recipient, o.first + (int)(i % o.users));
  return 1;
}

void deliver(void) {
  Connection **users = calloc((size_t)o.users, sizeof *users);
  long *before = calloc((size_t)o.users, sizeof *before);
  corpus_salt((uint64_t)(now() * 1e6) << 8);
  for (int u = 0; u < o.users; u++) {
    users[u] = imap_open(o.first + u);
    before[u] = imap_messages(users[u], "INBOX");
  }
  quiet();
  phase_start();
  double since = now();
  send_all("p1@example.net", to_users);
  double taken = now() - since;
  for (int u = 0; u < o.users; u++) imap_await(users[u], before[u] + o.messages / o.users + (u < o.messages % o.users));
  Phase p = phase_stop();
  p.cpu_after = settle();
  phase_print(&p, "deliver", o.messages, ",\"taken\":%.3f", (double)o.messages / taken);
  for (int u = 0; u < o.users; u++) {
    imap_empty(users[u], "INBOX");
    imap_logout(users[u]);
  }
}
