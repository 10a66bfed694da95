/* The data of a transfer, sent and received as cheaply as the kernel allows, or with a hash. */
#ifndef CARGO_H
#define CARGO_H

#include "ends.h"

/* Everything a sender has to send, in TLS already encrypted: sending it then costs a copy into the kernel and nothing else. */
struct cargo {
  long bytes;
  char *sealed; /* NULL: plain, the same block again and again */
  size_t sealed_size;
  size_t lead_size;
};

/* Prepares one byte, the lead, and then `bytes` bytes. Until both are sent, in this order, the end must not be written otherwise. */
bool cargo_load(struct end *end, long bytes, struct cargo *cargo);
bool cargo_send_lead(struct end *end, const struct cargo *cargo);
/* Frees the cargo as well. */
bool cargo_send(struct end *end, struct cargo *cargo);

/* Lets the kernel drop `bytes` bytes as they arrive, in TLS undeciphered, so that the last tenths of a percent (heads and tags of the
 * records) are still on their way when it returns. The end can be written and closed after that, and no longer read. */
bool discard(struct end *end, long bytes);

/* Sends until the other side ends. */
void flood(struct end *end);

/* A stream that never repeats, so that a piece that is lost, doubled or swapped is seen, and its SHA-256 behind it. */
bool send_checked(struct end *end, long bytes);
/* False: what came is not what was sent. */
bool receive_checked(struct end *end, long bytes);

#endif
