/* The load generator: plays one side of the proxy under measurement.
 *
 *   load backend HOST plain|tls CERTIFICATE KEY    prints its port
 *   load clients plain|tls AUTHORITY               takes requests on stdin (client.c)
 *
 * It must cost much less than what it measures, or every proxy would look alike: blocking sockets, a thread a connection, what is sent in
 * TLS is encrypted before the measurement begins, and what arrives is dropped by the kernel (cargo.h). */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "backend.h"
#include "client.h"
#include "ends.h"

int main(int count, char **words) {
  struct rlimit descriptors;
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  signal(SIGPIPE, SIG_IGN);
  bool backend = count == 6 && strcmp(words[1], "backend") == 0;
  if (!backend && (count != 4 || strcmp(words[1], "clients") != 0)) {
    fputs("load backend HOST plain|tls CERTIFICATE KEY\nload clients plain|tls AUTHORITY\n", stderr);
    return 2;
  }
  bool plain = strcmp(words[backend ? 3 : 2], "plain") == 0;
  SSL_CTX *context = plain ? NULL : backend ? server_context(words[4], words[5]) : client_context(words[3]);
  if (context == NULL && !plain) {
    fputs("load: the certificate, the key or the authority cannot be read\n", stderr);
    return 1;
  }
  if (backend) serve_backend(words[2], context);
  else serve_requests(context);
  return 0;
}
