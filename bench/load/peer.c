#define _GNU_SOURCE
#include "peer.h"
#include "phase.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_CORE 0
/* The most that TLS puts into one record. */
#define PIECE 16384

static pid_t child;
static char piece[PIECE];

static void answer(int s) {
  while (recv(s, piece, sizeof piece, 0) > 0)
    if (send(s, piece, ANSWER, MSG_NOSIGNAL) < 0) return;
}

static void greet(int s) {
  if (send(s, piece, ANSWER, MSG_NOSIGNAL) == ANSWER) recv(s, piece, sizeof piece, 0);
}

static void pour(int s) {
  while (send(s, piece, sizeof piece, MSG_NOSIGNAL) > 0) continue;
}

/* With a certificate of its own: P-256, as servers have. */
static SSL_CTX *tls_context(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  check(X509_sign(certificate, key, EVP_sha256()) > 0 && SSL_CTX_use_certificate(context, certificate) == 1 &&
            SSL_CTX_use_PrivateKey(context, key) == 1,
        "no certificate");
  return context;
}

static void pour_by_tls(int s) {
  SSL *tls = SSL_new(tls_context());
  SSL_set_fd(tls, s);
  if (SSL_accept(tls) != 1) return;
  while (SSL_write(tls, piece, sizeof piece) > 0) continue;
}

static void serve(int listener, enum Peer kind) {
  static void (*const acts[])(int) = {[ANSWERS] = answer, [GREETS] = greet, [SENDS] = pour, [SENDS_BY_TLS] = pour_by_tls};
  cpu_set_t core;
  CPU_ZERO(&core);
  CPU_SET(SERVER_CORE, &core);
  sched_setaffinity(0, sizeof core, &core);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  memset(piece, 'x', sizeof piece);
  for (int s, on = 1; (s = accept(listener, NULL, NULL)) >= 0; close(s)) {
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    acts[kind](s);
  }
}

int peer_start(enum Peer kind) {
  static char pid[16];
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 64) == 0, "no port");
  getsockname(listener, (struct sockaddr *)&at, &size);
  child = fork();
  check(child >= 0, "no process");
  if (child == 0) {
    serve(listener, kind);
    _exit(0);
  }
  close(listener);
  snprintf(pid, sizeof pid, "%d", child);
  o.pids = pid;
  return ntohs(at.sin_port);
}

void peer_end(void) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}
