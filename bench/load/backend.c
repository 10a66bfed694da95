/* The backend: a thread for each connection, which does what the opening says. */
#include "backend.h"

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cargo.h"

#define BACKLOG 4096
#define STACK (256 * 1024)

static SSL_CTX *tls;

/* Ready ('r'), the client's lead, its data, and whether all of it came: when the announced bytes are there and not at the end of the
 * stream, because not every proxy passes a half-close on. */
static void receive(struct end *end, struct opening asked) {
  char lead;
  if (!write_all(end, "r", 1) || !read_exactly(end, &lead, 1)) return;
  bool whole = asked.checked ? receive_checked(end, asked.bytes) : discard(end, asked.bytes);
  write_all(end, whole ? "y" : "n", 1);
}

/* Our lead, which says that we are ready; the client's word to begin; our data. */
static void deliver(struct end *end, struct opening asked) {
  struct cargo cargo = {0};
  char go;
  bool loaded = asked.checked || cargo_load(end, asked.bytes, &cargo);
  if (!loaded || !cargo_send_lead(end, &cargo) || !read_exactly(end, &go, 1)) free(cargo.sealed);
  else if (asked.checked) send_checked(end, asked.bytes);
  else cargo_send(end, &cargo);
}

static void echo(struct end *end) {
  char buffer[16 * 1024];
  long got;
  while ((got = read_some(end, buffer, sizeof buffer)) > 0 && write_all(end, buffer, got)) continue;
}

static void *serve(void *socket) {
  struct end end;
  struct opening asked;
  if (!end_open(&end, (int)(intptr_t)socket, tls == NULL ? NULL : SSL_new(tls), true)) return NULL;
  if (read_opening(&end, &asked)) {
    if (asked.kind == UP) receive(&end, asked);
    if (asked.kind == DOWN) deliver(&end, asked);
    if (asked.kind == ECHO) echo(&end);
    if (asked.kind == SINK) discard(&end, LONG_MAX);
    if (asked.kind == FLOOD) flood(&end);
    while (asked.kind == STALL) pause();
  }
  end_close(&end);
  return NULL;
}

void serve_backend(const char *host, SSL_CTX *context) {
  tls = context;
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
      listen(listener, BACKLOG) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
    perror("load: backend");
    exit(1);
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, STACK);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    pthread_t thread;
    if (connection >= 0 && pthread_create(&thread, &small, serve, (void *)(intptr_t)connection) != 0) close(connection);
  }
}
