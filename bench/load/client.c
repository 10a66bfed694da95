/* The clients. A request is a line that begins with its name and the address of the proxy, and is answered by a line:
 *
 *   transfer HOST PORT up|down CONNECTIONS BYTES checked|dropped    ready, and after the line `go`: done SECONDS
 *   connections HOST PORT COUNT PARALLEL full|resumed               done SECONDS SHARE-RESUMED
 *   echoes HOST PORT COUNT SIZE                                     done MICROSECONDS-P50 MICROSECONDS-P99
 *   idle HOST PORT COUNT                                            done; COUNT quiet connections are held
 *   stalled HOST PORT COUNT up|down                                 done; COUNT are held whose receiver never reads
 *   streams HOST PORT COUNT BYTES EVERY-MICROSECONDS TURNS          done SECONDS
 *
 * Whatever goes wrong ends the process with the line `failed REASON`. */
#include "client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cargo.h"

/* Nothing that works is silent for so long. */
#define PATIENCE_SECONDS 60
#define MAX_PARALLEL 64

static SSL_CTX *tls;
static struct sockaddr_in proxy;

static _Noreturn void fail(const char *reason) {
  printf("failed %s\n", reason);
  fflush(stdout);
  exit(1);
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static void sleep_until(double moment) {
  struct timespec at = {.tv_sec = moment, .tv_nsec = (moment - (long)moment) * 1e9};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* `session` is resumed if there is one. */
static struct end dial(SSL_SESSION *session) {
  struct end end;
  struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(socket_fd, (struct sockaddr *)&proxy, sizeof proxy) != 0) fail("the proxy cannot be reached");
  SSL *ssl = tls == NULL ? NULL : SSL_new(tls);
  if (ssl != NULL) SSL_set_tlsext_host_name(ssl, "localhost");
  if (session != NULL) SSL_set_session(ssl, session);
  if (!end_open(&end, socket_fd, ssl, false)) fail("the TLS handshake with the proxy failed");
  return end;
}

static struct end dial_for(enum kind kind) {
  struct end end = dial(NULL);
  if (!write_opening(&end, (struct opening){.kind = kind}, "")) fail("the proxy ended the connection");
  return end;
}

/* One byte there and back, its opening before it in the same message. */
static bool echo_byte(struct end *end) {
  char byte;
  return write_opening(end, (struct opening){.kind = ECHO}, "x") && read_exactly(end, &byte, 1) && byte == 'x';
}

/* ---- transfer ---- */

static struct opening wanted;
static pthread_barrier_t prepared, started;

static void check(bool whole) {
  if (!whole) fail(wanted.checked ? "what arrived is not what was sent" : "a connection ended before all its data was there");
}

/* @return the moment when everything had arrived */
static void transfer_up(struct end *end) {
  struct cargo cargo = {0};
  char answer;
  check(read_exactly(end, &answer, 1) && (wanted.checked || cargo_load(end, wanted.bytes, &cargo)) && cargo_send_lead(end, &cargo));
  pthread_barrier_wait(&prepared);
  pthread_barrier_wait(&started);
  check(wanted.checked ? send_checked(end, wanted.bytes) : cargo_send(end, &cargo));
  check(read_exactly(end, &answer, 1) && answer == 'y');
}

static void transfer_down(struct end *end) {
  char byte;
  check(read_exactly(end, &byte, 1));
  pthread_barrier_wait(&prepared);
  pthread_barrier_wait(&started);
  check(write_all(end, "g", 1));
  check(wanted.checked ? receive_checked(end, wanted.bytes) : discard(end, wanted.bytes));
  if (wanted.checked) check(read_some(end, &byte, 1) <= 0);
}

/* Leaves in *finished when everything had arrived. */
static void *transfer_one(void *finished) {
  struct end end = dial(NULL);
  check(write_opening(&end, wanted, ""));
  if (wanted.kind == UP) transfer_up(&end);
  else transfer_down(&end);
  *(double *)finished = seconds_now();
  end_close(&end);
  return NULL;
}

static void transfer(const char *way, int connections, long bytes, const char *how) {
  pthread_t threads[MAX_PARALLEL];
  double finished[MAX_PARALLEL], last = 0;
  char line[8];
  wanted = (struct opening){strcmp(way, "up") == 0 ? UP : DOWN, bytes / connections, strcmp(how, "checked") == 0};
  pthread_barrier_init(&prepared, NULL, connections + 1);
  pthread_barrier_init(&started, NULL, connections + 1);
  for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, transfer_one, &finished[i]);
  pthread_barrier_wait(&prepared);
  puts("ready");
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) exit(0);
  double since = seconds_now();
  pthread_barrier_wait(&started);
  for (int i = 0; i < connections; i++) {
    pthread_join(threads[i], NULL);
    if (finished[i] > last) last = finished[i];
  }
  printf("done %.6f\n", last - since);
}

/* ---- connections ---- */

static int connections_left, connections_resumed;
static bool resume;

/* Each client resumes the last session it was given. */
static void *connect_repeatedly(void *unused) {
  SSL_SESSION *session = NULL;
  while (__atomic_fetch_sub(&connections_left, 1, __ATOMIC_RELAXED) > 0) {
    struct end end = dial(session);
    if (!echo_byte(&end)) fail("a short connection was not echoed");
    if (end.ssl != NULL && SSL_session_reused(end.ssl)) __atomic_fetch_add(&connections_resumed, 1, __ATOMIC_RELAXED);
    if (end.ssl != NULL && resume) {
      SSL_SESSION_free(session);
      session = SSL_get1_session(end.ssl);
    }
    end_close(&end);
  }
  SSL_SESSION_free(session);
  return unused;
}

static void connections(int count, int parallel, const char *how) {
  pthread_t threads[MAX_PARALLEL];
  connections_left = count;
  connections_resumed = 0;
  resume = strcmp(how, "resumed") == 0;
  double since = seconds_now();
  for (int i = 0; i < parallel; i++) pthread_create(&threads[i], NULL, connect_repeatedly, NULL);
  for (int i = 0; i < parallel; i++) pthread_join(threads[i], NULL);
  printf("done %.6f %.3f\n", seconds_now() - since, (double)connections_resumed / count);
}

/* ---- the others ---- */

static int by_size(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

static void echoes(int count, int size) {
  double *took = malloc(count * sizeof *took);
  char *message = calloc(1, size);
  struct end end = dial_for(ECHO);
  for (int i = 0; i < count; i++) {
    double since = seconds_now();
    if (!write_all(&end, message, size) || !read_exactly(&end, message, size)) fail("a message was not echoed");
    took[i] = (seconds_now() - since) * 1e6;
  }
  end_close(&end);
  qsort(took, count, sizeof *took, by_size);
  printf("done %.2f %.2f\n", took[count / 2], took[(long)count * 99 / 100]);
  free(message);
  free(took);
}

static void idle(int count) {
  for (int i = 0; i < count; i++) {
    struct end end = dial(NULL);
    if (!echo_byte(&end)) fail("a quiet connection was not echoed at its beginning");
  }
  puts("done");
}

static void *flood_one(void *end) {
  flood(end);
  return NULL;
}

static void stalled(int count, const char *way) {
  bool up = strcmp(way, "up") == 0;
  for (int i = 0; i < count; i++) {
    pthread_t thread;
    struct end *end = malloc(sizeof *end);
    *end = dial_for(up ? STALL : FLOOD);
    if (up && pthread_create(&thread, NULL, flood_one, end) != 0) fail("no thread for a sender");
  }
  puts("done");
}

static void streams(int count, int bytes, int every_microseconds, int turns) {
  struct end *ends = malloc(count * sizeof *ends);
  char *message = calloc(1, bytes);
  for (int i = 0; i < count; i++) ends[i] = dial_for(SINK);
  double since = seconds_now();
  for (int turn = 1; turn <= turns; turn++) {
    for (int i = 0; i < count; i++)
      if (!write_all(&ends[i], message, bytes)) fail("a stream ended");
    sleep_until(since + turn * every_microseconds / 1e6);
  }
  printf("done %.6f\n", seconds_now() - since);
  for (int i = 0; i < count; i++) end_abandon(&ends[i]); /* a proxy would wait for the sink's close_notify, which it never sends */
  free(message);
  free(ends);
}

void serve_requests(SSL_CTX *context) {
  char line[256], host[64], way[8], how[16];
  int port, start, count, size, every, turns;
  long bytes;
  tls = context;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%*s %63s %d %n", host, &port, &start) != 2) fail("a request without an address");
    const char *rest = line + start;
    proxy = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &proxy.sin_addr);
    if (strncmp(line, "transfer ", 9) == 0 && sscanf(rest, "%7s %d %ld %15s", way, &count, &bytes, how) == 4 && count <= MAX_PARALLEL)
      transfer(way, count, bytes, how);
    else if (strncmp(line, "connections ", 12) == 0 && sscanf(rest, "%d %d %15s", &count, &size, how) == 3 && size <= MAX_PARALLEL)
      connections(count, size, how);
    else if (strncmp(line, "echoes ", 7) == 0 && sscanf(rest, "%d %d", &count, &size) == 2) echoes(count, size);
    else if (strncmp(line, "idle ", 5) == 0 && sscanf(rest, "%d", &count) == 1) idle(count);
    else if (strncmp(line, "stalled ", 8) == 0 && sscanf(rest, "%d %7s", &count, way) == 2) stalled(count, way);
    else if (strncmp(line, "streams ", 8) == 0 && sscanf(rest, "%d %d %d %d", &count, &size, &every, &turns) == 4)
      streams(count, size, every, turns);
    else fail("a request that is not understood");
    fflush(stdout);
  }
}
