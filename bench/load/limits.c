/* What the machine gives at best, to any server: only the system calls that none can do without. */
#define _GNU_SOURCE
#include "operations.h"
#include "peer.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE 5120

/* A command there and an answer back, again and again on one connection. */
static void round_trips(const char *name, int port) {
  static char question[QUESTION];
  Connection *c = wire_open(port, 0);
  check(c != NULL, "%s: nobody answers", name);
  long count = 0;
  double end = now() + o.least;
  phase_start();
  for (; now() < end; count++) {
    double since = now();
    wire_write(c, question, QUESTION);
    check(wire_skip(c, ANSWER) == 0, "%s: no answer", name);
    latency(now() - since);
  }
  Phase p = phase_stop();
  wire_close(c);
  phase_print(&p, name, count, "%s", "");
}

static void greetings(const char *name, int port) {
  long count = 0;
  double end = now() + o.least;
  phase_start();
  for (; now() < end; count++) {
    Connection *c = wire_open(port, 0);
    check(c != NULL && wire_skip(c, ANSWER) == 0, "%s: no greeting", name);
    wire_close(c);
  }
  Phase p = phase_stop();
  phase_print(&p, name, count, "%s", "");
}

/* Octets as fast as they come; an operation is a megabyte. */
static void stream(const char *name, int port, int tls) {
  Connection *c = wire_open(port, tls);
  check(c != NULL && wire_skip(c, MEGABYTE) == 0, "%s: nothing comes", name);
  long count = 0;
  double end = now() + o.least;
  phase_start();
  for (; now() < end; count++) check(wire_skip(c, MEGABYTE) == 0, "%s: it ends", name);
  Phase p = phase_stop();
  wire_close(c);
  phase_print(&p, name, count, "%s", "");
}

static void plain_stream(const char *name, int port) {
  stream(name, port, 0);
}

static void tls_stream(const char *name, int port) {
  stream(name, port, 1);
}

/* A message more at the end of a file in the working directory, and on disk. */
static void sync_often(void) {
  static char octets[MESSAGE];
  char name[] = "limits-XXXXXX";
  int file = mkstemp(name);
  check(file >= 0 && unlink(name) == 0, "no file can be made here");
  long count = 0;
  double end = now() + o.least;
  phase_start();
  for (; now() < end; count++) {
    double since = now();
    check(write(file, octets, MESSAGE) == MESSAGE && fdatasync(file) == 0, "fdatasync fails");
    latency(now() - since);
  }
  Phase p = phase_stop();
  close(file);
  p.cpu = p.own_cpu;
  phase_print(&p, "limit-sync", count, "%s", "");
}

/* With o.imap: what answers at that port alone. */
void limits(void) {
  static const struct {
    enum Peer kind;
    const char *name;
    void (*measure)(const char *name, int port);
  } peers[] = {{ANSWERS, "limit-echo", round_trips},
               {GREETS, "limit-connect", greetings},
               {SENDS, "limit-loopback", plain_stream},
               {SENDS_BY_TLS, "limit-tls", tls_stream}};
  if (o.imap > 0) {
    round_trips("limit-echo-node", o.imap);
    return;
  }
  sync_often();
  for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
    int port = peer_start(peers[i].kind);
    peers[i].measure(peers[i].name, port);
    peer_end();
  }
}
