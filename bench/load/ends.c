#include "ends.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPENING_MAX 128

static const char *const WORDS[KINDS] = {"up", "down", "echo", "sink", "flood", "stall"};

static SSL_CTX *context(const SSL_METHOD *method) {
  SSL_CTX *made = SSL_CTX_new(method);
  SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
  SSL_CTX_set1_groups_list(made, "X25519:P-256");
  /* Not every proxy sends close_notify. What matters is counted here, and hashed. */
  SSL_CTX_set_options(made, SSL_OP_IGNORE_UNEXPECTED_EOF);
  return made;
}

SSL_CTX *server_context(const char *certificate_file, const char *key_file) {
  SSL_CTX *made = context(TLS_server_method());
  bool complete = SSL_CTX_use_certificate_chain_file(made, certificate_file) == 1 &&
                  SSL_CTX_use_PrivateKey_file(made, key_file, SSL_FILETYPE_PEM) == 1;
  return complete ? made : NULL;
}

SSL_CTX *client_context(const char *authority_file) {
  SSL_CTX *made = context(TLS_client_method());
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
  return SSL_CTX_load_verify_locations(made, authority_file, NULL) == 1 ? made : NULL;
}

bool end_open(struct end *end, int fd, SSL *ssl, bool accepting) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  *end = (struct end){fd, ssl};
  if (ssl == NULL) return true;
  SSL_set_fd(ssl, fd);
  if ((accepting ? SSL_accept(ssl) : SSL_connect(ssl)) == 1) return true;
  end_abandon(end);
  return false;
}

void end_close(struct end *end) {
  static char nowhere[1 << 16];
  if (end->ssl != NULL) SSL_shutdown(end->ssl);
  shutdown(end->fd, SHUT_WR);
  while (recv(end->fd, nowhere, sizeof nowhere, MSG_TRUNC) > 0) continue;
  end_abandon(end);
}

void end_abandon(struct end *end) {
  SSL_free(end->ssl);
  close(end->fd);
}

long read_some(struct end *end, void *buffer, size_t size) {
  return end->ssl == NULL ? recv(end->fd, buffer, size, 0) : SSL_read(end->ssl, buffer, size);
}

bool read_exactly(struct end *end, void *buffer, size_t size) {
  for (size_t have = 0; have < size;) {
    long got = read_some(end, (char *)buffer + have, size - have);
    if (got <= 0) return false;
    have += got;
  }
  return true;
}

bool write_all(struct end *end, const void *data, size_t size) {
  if (end->ssl != NULL) return SSL_write(end->ssl, data, size) == (int)size;
  for (size_t done = 0; done < size;) {
    long sent = send(end->fd, (const char *)data + done, size - done, 0);
    if (sent <= 0) return false;
    done += sent;
  }
  return true;
}

bool write_opening(struct end *end, struct opening opening, const char *tail) {
  char text[OPENING_MAX];
  int length = snprintf(text, sizeof text, "POST /%s/%ld/%d HTTP/1.1\r\nHost: localhost\r\n\r\n%s", WORDS[opening.kind], opening.bytes,
                        opening.checked, tail);
  return write_all(end, text, length);
}

bool read_opening(struct end *end, struct opening *opening) {
  char text[OPENING_MAX] = "";
  size_t length = 0;
  /* A byte at a time, since what follows the blank line is not the opening's. */
  while (strstr(text, "\r\n\r\n") == NULL) {
    if (length + 1 == sizeof text || !read_exactly(end, text + length++, 1)) return false;
  }
  char word[16];
  int checked;
  if (sscanf(text, "POST /%15[a-z]/%ld/%d ", word, &opening->bytes, &checked) != 3) return false;
  opening->checked = checked == 1;
  for (opening->kind = 0; opening->kind < KINDS; opening->kind++)
    if (strcmp(word, WORDS[opening->kind]) == 0) return true;
  return false;
}
