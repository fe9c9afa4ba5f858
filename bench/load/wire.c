#define _GNU_SOURCE
#include "wire.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static SSL_CTX *context;

void wire_begin(void) {
  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) fail("no TLS");
  SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
}

void account(char *out, const char *pattern, int user) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  snprintf(out, 64, pattern, user);
#pragma GCC diagnostic pop
}

Connection *wire_open(int port, int tls) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, o.host, &to.sin_addr);
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (connect(s, (struct sockaddr *)&to, sizeof to) < 0) {
    close(s);
    return NULL;
  }
  struct timeval patience = {120, 0};
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Connection *c = calloc(1, sizeof *c);
  c->socket = s;
  c->exists = -1;
  c->room = 1 << 16;
  c->data = malloc((size_t)c->room);
  if (!tls) return c;
  c->tls = SSL_new(context);
  SSL_set_fd(c->tls, s);
  if (SSL_connect(c->tls) == 1) return c;
  wire_close(c);
  return NULL;
}

void wire_close(Connection *c) {
  if (c->tls != NULL) SSL_free(c->tls);
  close(c->socket);
  free(c->data);
  free(c);
}

int wire_fill(Connection *c) {
  if (c->at > 0) {
    memmove(c->data, c->data + c->at, (size_t)(c->length - c->at));
    c->length -= c->at;
    c->at = 0;
  }
  if (c->length == c->room) {
    c->room *= 2;
    c->data = realloc(c->data, (size_t)c->room);
    if (c->data == NULL) abort();
  }
  char *to = c->data + c->length;
  long room = c->room - c->length, n = c->tls != NULL ? SSL_read(c->tls, to, (int)room) : read(c->socket, to, (size_t)room);
  if (n <= 0) return -1;
  c->length += n;
  return 0;
}

char *wire_line(Connection *c, long *length) {
  for (long from = 0;;) {
    char *start = c->data + c->at, *end = memchr(start + from, '\n', (size_t)(c->length - c->at - from));
    if (end != NULL) {
      long n = end - start;
      c->at += n + 1;
      if (n > 0 && start[n - 1] == '\r') n--;
      start[n] = 0;
      *length = n;
      return start;
    }
    from = c->length - c->at;
    if (wire_fill(c) < 0) return NULL;
  }
}

int wire_skip(Connection *c, long length) {
  while (length > 0) {
    long here = c->length - c->at < length ? c->length - c->at : length;
    c->at += here;
    length -= here;
    if (length > 0 && wire_fill(c) < 0) return -1;
  }
  return 0;
}

/* A failed write shows in the next read. */
void wire_write(Connection *c, const char *data, long length) {
  while (length > 0) {
    long n = c->tls != NULL ? SSL_write(c->tls, data, (int)length) : send(c->socket, data, (size_t)length, MSG_NOSIGNAL);
    if (n <= 0) return;
    data += n;
    length -= n;
  }
}
