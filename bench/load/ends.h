/* One end of a connection under measurement, blocking, plain or TLS. */
#ifndef ENDS_H
#define ENDS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct end {
  int fd;
  SSL *ssl; /* NULL: plain */
};

/* TLS 1.3, X25519 or P-256: none of the other proxies' packages has the post-quantum group that Overcoat would choose.
 * NULL: a file cannot be read. */
SSL_CTX *server_context(const char *certificate_file, const char *key_file);
SSL_CTX *client_context(const char *authority_file);

/* Takes a connected socket and, unless it shall be plain, a new SSL. False: the handshake failed, and both are gone. */
bool end_open(struct end *end, int fd, SSL *ssl, bool accepting);
/* Ends in good order: says that nothing follows, waits for the same from the other side, closes. */
void end_close(struct end *end);
/* Just closes. */
void end_abandon(struct end *end);

/* At most `size` bytes; 0 or less: the other side has ended. */
long read_some(struct end *end, void *buffer, size_t size);
bool read_exactly(struct end *end, void *buffer, size_t size);
bool write_all(struct end *end, const void *data, size_t size);

/* What a client asks of the backend; backend.c says what follows. */
enum kind { UP, DOWN, ECHO, SINK, FLOOD, STALL, KINDS };

/* The first bytes of a connection. They are an HTTP request because `sni = auto` learns the server's name from one; for all other
 * proxies they are just bytes. */
struct opening {
  enum kind kind;
  long bytes;
  bool checked; /* the sender's hash follows the data and both ends compare; else the data is not looked at */
};

/* `tail` goes out in the same message. */
bool write_opening(struct end *end, struct opening opening, const char *tail);
bool read_opening(struct end *end, struct opening *opening);

#endif
