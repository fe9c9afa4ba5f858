/* POP3: a whole maildrop, message by message and twenty at a time. */
#include "operations.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOGETHER 20

static void pop3(Connection *c, const char *command) {
  char text[200];
  if (*command) wire_write(c, text, snprintf(text, sizeof text, "%s\r\n", command));
  long length;
  char *line = wire_line(c, &length);
  check(line != NULL && line[0] == '+', "%.20s: %s", command, line == NULL ? "the connection is gone" : line);
}

static Connection *pop3_open(int user) {
  Connection *c = wire_open(o.pop3, 0);
  check(c != NULL, "no POP3");
  char name[64], text[160];
  pop3(c, "");
  account(name, o.user, user);
  sprintf(text, "USER %s", name);
  pop3(c, text);
  sprintf(text, "PASS %s", o.password);
  pop3(c, text);
  return c;
}

/* Octets up to the dot, dots put in taken out. */
static long pop3_lines(Connection *c, long *lines) {
  long octets = 0, length;
  *lines = 0;
  for (char *line; (line = wire_line(c, &length)) != NULL;) {
    if (length == 1 && line[0] == '.') return octets;
    octets += length + 2 - (line[0] == '.');
    ++*lines;
  }
  fail("the connection is gone");
}

static void retrieve(const char *name, int together, long octets) {
  phase_start();
  Connection *c = pop3_open(o.first);
  long lines, got = 0;
  pop3(c, "UIDL");
  pop3_lines(c, &lines);
  check(lines == o.messages, "UIDL lists %ld messages, not %d", lines, o.messages);
  for (int i = 1; i <= o.messages; i += together) {
    int end = i + together > o.messages + 1 ? o.messages + 1 : i + together;
    Buffer commands = {0};
    for (int n = i; n < end; n++) buffer_format(&commands, "RETR %d\r\n", n);
    double since = now();
    wire_write(c, commands.data, commands.length);
    for (int n = i; n < end; n++) {
      pop3(c, "");
      got += pop3_lines(c, &lines);
    }
    free(commands.data);
    if (together == 1) latency(now() - since);
  }
  wire_write(c, "QUIT\r\n", 6);
  pop3(c, "");
  Phase p = phase_stop();
  wire_close(c);
  check(got == octets, "%ld octets came by RETR, not %ld", got, octets);
  phase_print(&p, name, o.messages, ",\"octets\":%ld", got);
}

void retrieve_all(void) {
  Connection *c = imap_open(o.first);
  if (imap_messages(c, "INBOX") != o.messages) {
    imap_empty(c, "INBOX");
    append(c, &(Appending){.mailbox = "INBOX", .messages = o.messages, .seed = 1, .way = PIPELINED, .together = TOGETHER});
    settle();
  }
  imap_logout(c);
  long octets = corpus_octets(1, o.messages, 0);
  retrieve("pop3", 1, octets);
  retrieve("pop3-pipelined", TOGETHER, octets);
}
