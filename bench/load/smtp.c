#define _GNU_SOURCE
#include "wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int reply(Connection *c) {
  long length;
  char *line;
  do {
    line = wire_line(c, &length);
    if (line == NULL) {
      snprintf(c->reply, sizeof c->reply, "the connection is gone");
      return -1;
    }
  } while (length > 3 && line[3] == '-');
  snprintf(c->reply, sizeof c->reply, "%s", line);
  return atoi(line);
}

static int greet(Connection *c) {
  static const char hello[] = "EHLO load.example.net\r\n";
  if (reply(c) != 220) return 0;
  wire_write(c, hello, sizeof hello - 1);
  if (reply(c) != 250) return 0;
  if (!o.login) return 1;
  char name[64], plain[160], command[320];
  account(name, o.user, o.first);
  int n = sprintf(plain, "%c%s%c%s", 0, name, 0, o.password);
  unsigned char encoded[256];
  EVP_EncodeBlock(encoded, (unsigned char *)plain, n);
  n = sprintf(command, "AUTH PLAIN %s\r\n", encoded);
  wire_write(c, command, n);
  return reply(c) == 235;
}

Connection *smtp_open(void) {
  Connection *c = wire_open(o.smtp, 0);
  if (c == NULL || greet(c)) return c;
  wire_close(c);
  return NULL;
}

int smtp_send(Connection *c, const char *from, char (*to)[64], int count, Buffer *m) {
  Buffer envelope = {0};
  buffer_format(&envelope, "MAIL FROM:<%s>\r\n", from);
  for (int i = 0; i < count; i++) buffer_format(&envelope, "RCPT TO:<%s>\r\n", to[i]);
  buffer_text(&envelope, "DATA\r\n");
  wire_write(c, envelope.data, envelope.length);
  free(envelope.data);
  for (int i = 0; i <= count; i++)
    if (reply(c) != 250) return 0;
  if (reply(c) != 354) return 0;
  buffer_text(m, ".\r\n");
  wire_write(c, m->data, m->length);
  return reply(c) == 250;
}

void smtp_quit(Connection *c) {
  wire_write(c, "QUIT\r\n", 6);
  reply(c);
  wire_close(c);
}
