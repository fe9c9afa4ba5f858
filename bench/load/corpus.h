/* Mail that is the same on every machine: message i is a pure function of (seed, i, size). */
#ifndef CORPUS_H
#define CORPUS_H
#include <stdint.h>

typedef struct {
  char *data;
  long length, room;
} Buffer;

/* One message in SUBJECT_EVERY has SUBJECT_NEEDLE in its subject, one in BODY_EVERY has BODY_NEEDLE in its text. */
#define SUBJECT_NEEDLE "invoiceneedle"
#define SUBJECT_EVERY 200
#define SUBJECT_AT 7
#define BODY_NEEDLE "quartzneedle"
#define BODY_EVERY 100
#define BODY_AT 3

void corpus_begin(void);
/* Different in each run, so that no server takes a message for one it has seen. 0: the same in all. */
void corpus_salt(uint64_t salt);
/* Who all messages are from, instead of p0@example.net … p399@example.net. */
void corpus_writer(const char *address);

void buffer_add(Buffer *b, const void *data, long length);
void buffer_text(Buffer *b, const char *text);
__attribute__((format(printf, 2, 3))) void buffer_format(Buffer *b, const char *format, ...);

/* Writes message i, about `size` octets with CRLF; 0: sizes as of real mail, 40 KiB in the mean. No line begins with a dot. */
void message(Buffer *b, uint64_t seed, long i, long size, const char *to);
long message_size(uint64_t seed, long i);
/* How many of the messages 0 … n-1 have a needle. */
long needles(long n, long every, long at);
/* Date of message i, in the form that APPEND takes (27 octets). */
void internal_date(uint64_t seed, long i, char *out);

typedef struct {
  uint64_t state;
} Random;
double random_share(Random *r);
int random_below(Random *r, int n);
#endif
