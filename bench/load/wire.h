/* Clients of the three protocols. They look at every answer, and end the process where one is not what it has to be. */
#ifndef WIRE_H
#define WIRE_H
#include "corpus.h"
#include "phase.h"
#include <openssl/ssl.h>

/* What came since the last command was sent. */
typedef struct {
  long fetches, expunges, statuses;
  /* FETCH responses that held every string of `want`. */
  long matched;
  long literals, octets;
  /* Numbers of SEARCH, SORT and THREAD, and MESSAGES of STATUS: how many, and their sum. */
  long numbers, sum;
} Answer;

typedef struct {
  int socket;
  SSL *tls;
  char *data;
  long length, at, room;
  /* The last tagged line, or SMTP or POP3 reply. */
  char reply[512];
  int tag;
  /* Messages in the selected mailbox, by EXISTS and EXPUNGE; -1: not told yet. */
  long exists;
  const char *want[2];
  Answer answer;
} Connection;

void wire_begin(void);
/* NULL where nobody answers. */
Connection *wire_open(int port, int tls);
void wire_close(Connection *c);
/* One line without its end; NULL at the end of the connection. Good until the next call. */
char *wire_line(Connection *c, long *length);
int wire_skip(Connection *c, long length);
void wire_write(Connection *c, const char *data, long length);
/* Octets that have come and were not read yet. */
int wire_fill(Connection *c);

enum { IMAP_OK = 0, IMAP_REFUSED = 1, IMAP_GONE = -1, IMAP_GO_ON = 2 };
/* Logged in as user number `user`, over TLS where `tls`, or where o.tls. */
Connection *imap_open_by(int user, int tls);
Connection *imap_open(int user);
void imap_logout(Connection *c);
__attribute__((format(printf, 2, 3))) void imap_send(Connection *c, const char *format, ...);
/* Until the tagged line of command number `tag`, or a continuation. */
int imap_wait(Connection *c, int tag);
__attribute__((format(printf, 2, 3))) int imap_try_command(Connection *c, const char *format, ...);
/* The same, which has to succeed. */
__attribute__((format(printf, 2, 3))) void imap(Connection *c, const char *format, ...);
long imap_messages(Connection *c, const char *mailbox);
void imap_empty(Connection *c, const char *mailbox);
/* Until INBOX holds so many messages, two minutes at the most. */
void imap_await(Connection *c, long messages);

/* Greeted, and logged in where o.login. NULL where that does not work. */
Connection *smtp_open(void);
/* One message to `count` recipients, the envelope in one write. Whether it was taken for all of them. */
int smtp_send(Connection *c, const char *from, char (*to)[64], int count, Buffer *m);
void smtp_quit(Connection *c);

void account(char *out, const char *pattern, int user);
#endif
