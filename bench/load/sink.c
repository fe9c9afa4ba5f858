#define _GNU_SOURCE
#include "sink.h"
#include "phase.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 65536
#define MAX_RECIPIENTS 2000
#define MAX_NUMBER (1 << 22)

typedef struct {
  int socket, in_data, recipients;
  long length;
  long numbers[MAX_RECIPIENTS];
  char text[ROOM + 1];
} Session;

static int listener, events;
static volatile long taken, signatures;
static unsigned char *seen;

static int bind_all(int port, int backlog) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port), .sin_addr.s_addr = htonl(INADDR_ANY)};
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  check(bind(s, (struct sockaddr *)&at, sizeof at) == 0 && listen(s, backlog) == 0, "port %d is taken", port);
  return s;
}

static void say(Session *s, const char *text) {
  if (send(s->socket, text, strlen(text), MSG_NOSIGNAL) < 0) return;
}

static void keep_message(Session *s) {
  for (int i = 0; i < s->recipients; i++) {
    long number = s->numbers[i];
    if (number < 0) continue;
    check(number < MAX_NUMBER && !seen[number], "recipient %ld got its message twice", number);
    seen[number] = 1;
    __sync_fetch_and_add(&taken, 1);
  }
  s->recipients = 0;
  say(s, "250 2.0.0 taken\r\n");
}

static void recipient(Session *s, const char *line) {
  const char *local = strchr(line, '<');
  check(s->recipients < MAX_RECIPIENTS && local != NULL, "the sink cannot take %s", line);
  s->numbers[s->recipients++] = local[1] == 'r' ? atol(local + 2) : -1;
  say(s, "250 2.1.5 ok\r\n");
}

/* Returns whether the session goes on. */
static int command(Session *s, const char *line) {
  if (!strncasecmp(line, "RCPT", 4)) recipient(s, line);
  else if (!strncasecmp(line, "EHLO", 4)) say(s, "250-sink\r\n250-PIPELINING\r\n250-SIZE 0\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n");
  else if (!strncasecmp(line, "DATA", 4)) {
    s->in_data = 1;
    say(s, "354 go on\r\n");
  } else if (!strncasecmp(line, "QUIT", 4)) {
    say(s, "221 2.0.0 bye\r\n");
    return 0;
  } else {
    if (!strncasecmp(line, "RSET", 4) || !strncasecmp(line, "MAIL", 4)) s->recipients = 0;
    say(s, "250 2.0.0 ok\r\n");
  }
  return 1;
}

/* Takes lines from `text` as long as there are whole ones; keeps the rest. */
static int take(Session *s) {
  long at = 0;
  for (char *end; (end = memchr(s->text + at, '\n', (size_t)(s->length - at))) != NULL;) {
    char *line = s->text + at;
    at = end + 1 - s->text;
    if (s->in_data) {
      signatures += !strncasecmp(line, "DKIM-Signature:", 15);
      if (line[0] != '.' || (line[1] != '\r' && line[1] != '\n')) continue;
      s->in_data = 0;
      keep_message(s);
    } else {
      *end = 0;
      if (!command(s, line)) return 0;
    }
  }
  check(at > 0 || s->length < ROOM, "the sink was sent a line without an end");
  memmove(s->text, s->text + at, (size_t)(s->length - at));
  s->length -= at;
  return 1;
}

static void greet(void) {
  Session *s = calloc(1, sizeof *s);
  int on = 1;
  if (s == NULL) abort();
  s->socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  setsockopt(s->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
  epoll_ctl(events, EPOLL_CTL_ADD, s->socket, &event);
  say(s, "220 sink\r\n");
}

static void *serve(void *unused) {
  struct epoll_event list[64];
  (void)unused;
  for (;;) {
    int n = epoll_wait(events, list, 64, -1);
    for (int i = 0; i < n; i++) {
      Session *s = list[i].data.ptr;
      if (s == NULL) {
        greet();
        continue;
      }
      long got = read(s->socket, s->text + s->length, (size_t)(ROOM - s->length));
      if (got > 0) s->length += got;
      if (got > 0 && take(s)) continue;
      close(s->socket);
      free(s);
    }
  }
  return NULL;
}

void sink_start(int port) {
  pthread_t thread;
  seen = calloc(MAX_NUMBER, 1);
  events = epoll_create1(0);
  listener = bind_all(port, 1000);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
  pthread_create(&thread, NULL, serve, NULL);
}

void sink_silent(int port) {
  bind_all(port, 1000);
}

long sink_signatures(void) {
  return signatures;
}

long sink_taken(void) {
  return taken;
}
