#include <openssl/ssl.h>

/* Prints its port, then serves until it is killed. NULL: plain. */
void serve_backend(const char *host, SSL_CTX *context);
