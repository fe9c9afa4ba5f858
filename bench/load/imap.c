#define _GNU_SOURCE
#include "wire.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_numbers(Answer *a, const char *text) {
  while (*text) {
    if (!isdigit((unsigned char)*text)) {
      text++;
      continue;
    }
    a->numbers++;
    a->sum += strtol(text, (char **)&text, 10);
  }
}

/* An untagged line, up to its first literal. Returns whether it is a FETCH. */
static int take_untagged(Connection *c, char *line) {
  char *text = line + 2;
  if (isdigit((unsigned char)*text)) {
    long number = strtol(text, &text, 10);
    if (!strncmp(text, " FETCH", 6)) {
      c->answer.fetches++;
      return 1;
    }
    if (!strncmp(text, " EXPUNGE", 8)) {
      c->answer.expunges++;
      c->exists--;
    }
    if (!strncmp(text, " EXISTS", 7)) c->exists = number;
  } else if (!strncmp(text, "SEARCH", 6) || !strncmp(text, "SORT", 4) || !strncmp(text, "THREAD", 6)) {
    take_numbers(&c->answer, text);
  } else if (!strncmp(text, "STATUS ", 7)) {
    char *count = strstr(text, "MESSAGES ");
    c->answer.statuses++;
    if (count != NULL) {
      c->answer.numbers++;
      c->answer.sum += atol(count + 9);
    }
  }
  return 0;
}

/* Which of the wanted strings a piece of a response holds. */
static int wanted(const Connection *c, const char *text, long length) {
  int found = 0;
  for (int i = 0; i < 2; i++)
    if (c->want[i] == NULL || memmem(text, (size_t)length, c->want[i], strlen(c->want[i])) != NULL) found |= 1 << i;
  return found;
}

/* A response with all its literals. */
static int take_response(Connection *c, char *line, long length) {
  int fetch = line[0] == '*' && take_untagged(c, line), found = fetch ? wanted(c, line, length) : 0;
  while (length > 0 && line[length - 1] == '}') {
    char *brace = memrchr(line, '{', (size_t)length);
    if (brace == NULL) break;
    long octets = atol(brace + 1);
    c->answer.literals++;
    c->answer.octets += octets;
    if (wire_skip(c, octets) < 0 || (line = wire_line(c, &length)) == NULL) return -1;
    if (fetch) found |= wanted(c, line, length);
  }
  if (found == 3) c->answer.matched++;
  return 0;
}

int imap_wait(Connection *c, int tag) {
  char want[16];
  long width = sprintf(want, "a%d ", tag), length;
  for (char *line; (line = wire_line(c, &length)) != NULL;) {
    if (length >= width && !memcmp(line, want, (size_t)width)) {
      snprintf(c->reply, sizeof c->reply, "%s", line);
      return strncmp(line + width, "OK", 2) ? IMAP_REFUSED : IMAP_OK;
    }
    if (line[0] == '+') return IMAP_GO_ON;
    if (take_response(c, line, length) < 0) break;
  }
  snprintf(c->reply, sizeof c->reply, "the connection is gone");
  return IMAP_GONE;
}

static void send_list(Connection *c, const char *format, va_list list) {
  char text[8192];
  int n = sprintf(text, "a%d ", ++c->tag);
  n += vsnprintf(text + n, sizeof text - (size_t)n - 2, format, list);
  text[n++] = '\r';
  text[n++] = '\n';
  c->answer = (Answer){0};
  wire_write(c, text, n);
}

void imap_send(Connection *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  send_list(c, format, list);
  va_end(list);
}

int imap_try_command(Connection *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  send_list(c, format, list);
  va_end(list);
  return imap_wait(c, c->tag);
}

void imap(Connection *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  send_list(c, format, list);
  va_end(list);
  check(imap_wait(c, c->tag) == IMAP_OK, "%.60s: %s", format, c->reply);
}

Connection *imap_open_by(int user, int tls) {
  Connection *c = wire_open(tls ? o.imaps : o.imap, tls);
  long length;
  char name[64];
  check(c != NULL && wire_line(c, &length) != NULL, "no IMAP for user %d", user);
  account(name, o.user, user);
  check(imap_try_command(c, "LOGIN %s %s", name, o.password) == IMAP_OK, "user %d cannot log in by IMAP: %s", user, c->reply);
  return c;
}

Connection *imap_open(int user) {
  return imap_open_by(user, o.tls);
}

void imap_logout(Connection *c) {
  imap(c, "LOGOUT");
  wire_close(c);
}

long imap_messages(Connection *c, const char *mailbox) {
  if (imap_try_command(c, "STATUS \"%s\" (MESSAGES)", mailbox) != IMAP_OK) return -1;
  check(c->answer.statuses == 1 && c->answer.numbers == 1, "STATUS says nothing of %s", mailbox);
  return c->answer.sum;
}

void imap_empty(Connection *c, const char *mailbox) {
  imap(c, "SELECT \"%s\"", mailbox);
  if (c->exists > 0) {
    imap(c, "STORE 1:* +FLAGS.SILENT (\\Deleted)");
    imap(c, "EXPUNGE");
  }
}

void imap_await(Connection *c, long messages) {
  for (double end = now() + 120;; pause_for(0.02)) {
    long there = imap_messages(c, "INBOX");
    if (there == messages) return;
    check(there < messages && now() < end, "%ld messages are visible, not %ld", there, messages);
  }
}
