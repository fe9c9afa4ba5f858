/* Users at their work: each with an idling session and one in which something is done every now and then. */
#define _GNU_SOURCE
#include "operations.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MAX_USERS 512
#define LARGEST 300000

static volatile int counting, stopping;
static long done;
static int events;

/* Reads away what idling sessions are told. */
static void *listen_to_idlers(void *unused) {
  struct epoll_event list[64];
  (void)unused;
  while (!stopping) {
    int n = epoll_wait(events, list, 64, 200);
    for (int i = 0; i < n; i++) check(wire_fill(list[i].data.ptr) == 0, "an idling session was ended");
    for (int i = 0; i < n; i++) ((Connection *)list[i].data.ptr)->at = ((Connection *)list[i].data.ptr)->length;
  }
  return NULL;
}

static void send_one(int user, Random *r) {
  Buffer m = {0};
  char to[1][64];
  account(to[0], o.recipient, o.first + random_below(r, o.users));
  long size = message_size(5, random_below(r, 10000));
  message(&m, 300 + (uint64_t)user, random_below(r, 1 << 20), size > LARGEST ? LARGEST : size, to[0]);
  double since = now();
  Connection *c = smtp_open();
  check(c != NULL && smtp_send(c, "p1@example.net", to, 1, &m), "SMTP: %s", c == NULL ? "no answer" : c->reply);
  smtp_quit(c);
  if (counting) latency(now() - since);
  free(m.data);
}

/* One of the last ten. */
static long recent(Connection *c, Random *r) {
  return c->exists - random_below(r, c->exists > 10 ? 10 : (int)c->exists);
}

static int read_some(Connection *c, Random *r, int what) {
  if (what < 25) {
    imap(c, "NOOP");
    if (c->exists > 0)
      imap(c, "FETCH %ld:* (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID References Content-Type)])",
           c->exists > 5 ? c->exists - 5 : 1);
  } else if (what < 60) {
    if (c->exists < 1) return 0;
    if (what < 45) imap(c, "FETCH %ld (BODY.PEEK[])", recent(c, r));
    else imap(c, "STORE %ld +FLAGS (\\Seen)", recent(c, r));
    check(c->answer.fetches >= 1 || what >= 45, "FETCH told nothing"); /* STORE may say nothing of what was so before */
  } else if (what < 67) {
    if (c->exists < 5) return 0;
    imap(c, "MOVE %d Trash", 1 + random_below(r, 3));
    check(c->answer.expunges >= 1, "MOVE moved nothing");
  } else if (what < 71) {
    imap(c, "UID SEARCH UNSEEN SINCE 1-Jan-2025");
  } else {
    imap(c, "SELECT INBOX");
  }
  return 1;
}

static void *work(void *number) {
  int user = (int)(long)number;
  Random r = {1000 + (uint64_t)user};
  Connection *c = imap_open(o.first + user), *idling = imap_open(o.first + user);
  imap_try_command(c, "CREATE Trash");
  imap(idling, "SELECT INBOX");
  imap_send(idling, "IDLE");
  check(imap_wait(idling, idling->tag) == IMAP_GO_ON, "IDLE: %s", idling->reply);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = idling};
  epoll_ctl(events, EPOLL_CTL_ADD, idling->socket, &event);
  imap(c, "SELECT INBOX");
  while (!stopping) {
    pause_for(-log(random_share(&r)) * o.think);
    if (stopping) break;
    int what = random_below(&r, 100);
    double since = now();
    if (what < 25) send_one(user, &r);
    else if (!read_some(c, &r, what - 25)) continue;
    else if (counting) latency(now() - since);
    if (counting) __sync_fetch_and_add(&done, 1);
  }
  imap_logout(c);
  return NULL;
}

void mixed(void) {
  pthread_t threads[MAX_USERS], listener;
  check(o.users <= MAX_USERS, "too many users");
  corpus_salt((uint64_t)(now() * 1e6) << 8);
  events = epoll_create1(0);
  pthread_create(&listener, NULL, listen_to_idlers, NULL);
  for (long i = 0; i < o.users; i++) pthread_create(&threads[i], NULL, work, (void *)i);
  pause_for(4);
  phase_start();
  counting = 1;
  pause_for(o.seconds);
  counting = 0;
  Phase p = phase_stop();
  stopping = 1;
  for (int i = 0; i < o.users; i++) pthread_join(threads[i], NULL);
  pthread_join(listener, NULL);
  phase_print(&p, "mixed", done, "%s", "");
}
