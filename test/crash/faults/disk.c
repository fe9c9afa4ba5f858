/*
 * LD_PRELOAD shim: trouble below a running server, switched on and off from outside. What is wrong stands in FAULTS_FILE, which is mapped,
 * and holds for all files below FAULTS_DIR and for the clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The same order as `FIELDS` of disk.ts. */
struct trouble {
  int32_t write_errno;
  int32_t sync_errno;
  int32_t open_errno;
  int32_t write_us;
  int32_t sync_us;
  int32_t read_us;
  int32_t clock_s;
  /* Acts that have failed. */
  int32_t felt;
};

static struct trouble none;
static struct trouble *now = &none;
static const char *dir;
static size_t dir_length;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FAULTS_FILE");
  dir = getenv("FAULTS_DIR");
  if (file == NULL || dir == NULL) return;
  dir_length = strlen(dir);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) abort();
  void *map = mmap(NULL, sizeof(struct trouble), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) abort();
  now = map;
  syscall(SYS_close, fd);
}

static int ours(const char *path) {
  return dir != NULL && strncmp(path, dir, dir_length) == 0;
}

static int is_ours(int fd) {
  if (dir == NULL) return 0;
  char link[32] = "/proc/self/fd/";
  char digits[12];
  int n = 0;
  for (unsigned rest = (unsigned)fd; n == 0 || rest > 0; rest /= 10) digits[n++] = (char)('0' + rest % 10);
  char *end = link + strlen(link);
  while (n > 0) *end++ = digits[--n];
  *end = 0;
  char path[PATH_MAX];
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return ours(path);
}

static void rest(int32_t us) {
  if (us <= 0) return;
  struct timespec time = {us / 1000000, (us % 1000000) * 1000L};
  syscall(SYS_nanosleep, &time, NULL);
}

static int fails(int32_t number) {
  if (number == 0) return 0;
  __atomic_add_fetch(&now->felt, 1, __ATOMIC_RELAXED);
  errno = number;
  return 1;
}

static int write_fails(int fd) {
  if ((now->write_errno == 0 && now->write_us == 0) || !is_ours(fd)) return 0;
  rest(now->write_us);
  return fails(now->write_errno);
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  return write_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  return write_fails(fd) ? -1 : syscall(SYS_write, fd, data, length);
}

/* Making a file longer takes space; making it shorter does not. */
int ftruncate64(int fd, off64_t length) {
  if (now->write_errno != ENOSPC && write_fails(fd)) return -1;
  return (int)syscall(SYS_ftruncate, fd, length);
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

static int flush(int fd, long number) {
  if ((now->sync_errno != 0 || now->sync_us != 0) && is_ours(fd)) {
    rest(now->sync_us);
    if (fails(now->sync_errno)) return -1;
  }
  return (int)syscall(number, fd);
}

int fsync(int fd) {
  return flush(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return flush(fd, SYS_fdatasync);
}

ssize_t pread64(int fd, void *data, size_t length, off64_t offset) {
  if (now->read_us != 0 && is_ours(fd)) rest(now->read_us);
  return syscall(SYS_pread64, fd, data, length, offset);
}

ssize_t pread(int fd, void *data, size_t length, off_t offset) {
  return pread64(fd, data, length, offset);
}

static int open_fails(const char *path, int flags) {
  return now->open_errno != 0 && (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 && ours(path) && fails(now->open_errno);
}

#define MODE_OF(flags, mode)                       \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {    \
    va_list list;                                  \
    va_start(list, flags);                         \
    mode = va_arg(list, mode_t);                   \
    va_end(list);                                  \
  }

int open64(const char *path, int flags, ...) {
  mode_t mode = 0;
  MODE_OF(flags, mode)
  return open_fails(path, flags) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  mode_t mode = 0;
  MODE_OF(flags, mode)
  return open_fails(path, flags) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += now->clock_s;
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  time->tv_sec = exact.tv_sec;
  time->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *where) {
  struct timespec exact;
  if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
  if (where != NULL) *where = exact.tv_sec;
  return exact.tv_sec;
}
