#include "cargo.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BLOCK (1 << 20)
#define DIGEST 32

static char zeros[BLOCK];

static long min(long a, long b) { return a < b ? a : b; }

/* Encrypts `size` zeros to the end of the cargo. */
static bool seal(SSL *ssl, BIO *records, long size, struct cargo *cargo) {
  char *text;
  if (SSL_write(ssl, zeros, size) != size) return false;
  long sealed = BIO_get_mem_data(records, &text);
  memcpy(cargo->sealed + cargo->sealed_size, text, sealed);
  cargo->sealed_size += sealed;
  return BIO_reset(records) == 1;
}

bool cargo_load(struct end *end, long bytes, struct cargo *cargo) {
  *cargo = (struct cargo){.bytes = bytes};
  if (end->ssl == NULL) return true;
  cargo->sealed = malloc(bytes + bytes / 256 + BLOCK); /* TLS 1.3 adds 22 bytes to 16 KB, which is less */
  if (cargo->sealed == NULL) return false;
  BIO *records = BIO_new(BIO_s_mem());
  SSL_set0_wbio(end->ssl, records);
  bool whole = seal(end->ssl, records, 1, cargo);
  cargo->lead_size = cargo->sealed_size;
  for (long left = bytes; whole && left > 0; left -= min(left, BLOCK)) whole = seal(end->ssl, records, min(left, BLOCK), cargo);
  SSL_set0_wbio(end->ssl, BIO_new_socket(end->fd, BIO_NOCLOSE));
  return whole;
}

bool cargo_send_lead(struct end *end, const struct cargo *cargo) {
  struct end bare = {end->fd, NULL};
  return cargo->sealed == NULL ? write_all(end, zeros, 1) : write_all(&bare, cargo->sealed, cargo->lead_size);
}

bool cargo_send(struct end *end, struct cargo *cargo) {
  struct end bare = {end->fd, NULL};
  bool whole = true;
  if (cargo->sealed != NULL) {
    whole = write_all(&bare, cargo->sealed + cargo->lead_size, cargo->sealed_size - cargo->lead_size);
  } else {
    for (long left = cargo->bytes; whole && left > 0; left -= min(left, BLOCK)) whole = write_all(end, zeros, min(left, BLOCK));
  }
  free(cargo->sealed);
  return whole;
}

bool discard(struct end *end, long bytes) {
  /* What came in the record of the byte that was read last is out of the kernel already. */
  long left = bytes - (end->ssl == NULL ? 0 : SSL_pending(end->ssl));
  while (left > 0) {
    long got = recv(end->fd, zeros, min(left, BLOCK), MSG_TRUNC); /* tcp(7): nothing is written to the buffer */
    if (got <= 0) return false;
    left -= got;
  }
  return true;
}

void flood(struct end *end) {
  while (write_all(end, zeros, BLOCK)) continue;
}

/* The next bytes of the stream (splitmix64). */
static void fill(uint64_t *block, size_t words, uint64_t *state) {
  for (size_t i = 0; i < words; i++) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    block[i] = z ^ (z >> 31);
  }
}

bool send_checked(struct end *end, long bytes) {
  uint64_t *block = malloc(BLOCK), state = 0;
  unsigned char digest[DIGEST];
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  EVP_DigestInit(hash, EVP_sha256());
  bool whole = true;
  for (long left = bytes; whole && left > 0; left -= min(left, BLOCK)) {
    fill(block, BLOCK / sizeof *block, &state);
    EVP_DigestUpdate(hash, block, min(left, BLOCK));
    whole = write_all(end, block, min(left, BLOCK));
  }
  EVP_DigestFinal(hash, digest, NULL);
  EVP_MD_CTX_free(hash);
  free(block);
  return whole && write_all(end, digest, DIGEST);
}

bool receive_checked(struct end *end, long bytes) {
  char *block = malloc(BLOCK);
  unsigned char sent[DIGEST], received[DIGEST];
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  EVP_DigestInit(hash, EVP_sha256());
  long got = 1;
  for (long left = bytes; got > 0 && left > 0; left -= got) {
    got = read_some(end, block, min(left, BLOCK));
    if (got > 0) EVP_DigestUpdate(hash, block, got);
  }
  EVP_DigestFinal(hash, received, NULL);
  EVP_MD_CTX_free(hash);
  free(block);
  return got > 0 && read_exactly(end, sent, DIGEST) && memcmp(sent, received, DIGEST) == 0;
}
