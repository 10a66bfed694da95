#include <openssl/ssl.h>

/* Answers the requests on stdin, one a line, with one line each on stdout, until stdin ends. NULL: plain. */
void serve_requests(SSL_CTX *context);
