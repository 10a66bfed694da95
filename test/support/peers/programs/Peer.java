// A TLS client or server of Java's own provider (JSSE): what test/support/peers/java-and-go.ts says of both.

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Peer {
  static final char[] PASSWORD = "interop".toCharArray();

  public static void main(String[] words) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (String word : words) options.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
    SSLContext context = contextOf(options);
    if (options.containsKey("connect")) {
      for (int count = 0; count <= options.getOrDefault("times", "").length(); count += 1) call(context, options);
    } else serve(context, options);
  }

  static SSLContext contextOf(Map<String, String> options) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (FileInputStream file = new FileInputStream(options.get("ca"))) {
      trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, null);
    if (options.containsKey("p12")) {
      try (FileInputStream file = new FileInputStream(options.get("p12"))) {
        own.load(file, PASSWORD);
      }
    }
    keys.init(own, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  static void set(SSLParameters parameters, Map<String, String> options) {
    parameters.setProtocols(new String[] {options.get("version")});
    if (options.containsKey("alpn")) parameters.setApplicationProtocols(new String[] {options.get("alpn")});
    if (options.containsKey("ask")) parameters.setNeedClientAuth(true);
  }

  static void call(SSLContext context, Map<String, String> options) throws Exception {
    int port = Integer.parseInt(options.get("connect"));
    // The name is that of the session: the address would be another one for the cache.
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      SSLParameters parameters = socket.getSSLParameters();
      set(parameters, options);
      parameters.setServerNames(List.of(new SNIHostName(options.get("name"))));
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.getOutputStream().write("to the server\n".getBytes());
      String answer = new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
      tell(answer, socket);
    }
  }

  static void serve(SSLContext context, Map<String, String> options) throws Exception {
    SSLServerSocket server =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
    SSLParameters parameters = server.getSSLParameters();
    set(parameters, options);
    server.setSSLParameters(parameters);
    System.out.println("port " + server.getLocalPort());
    for (;;) {
      SSLSocket socket = (SSLSocket) server.accept();
      new Thread(
              () -> {
                try (socket) {
                  String question = new BufferedReader(new InputStreamReader(socket.getInputStream())).readLine();
                  tell(question, socket);
                  socket.getOutputStream().write("to the client\n".getBytes());
                } catch (Exception failure) {
                  System.out.println("failed " + failure);
                }
              })
          .start();
    }
  }

  static void tell(String line, SSLSocket socket) {
    String peer = "";
    try {
      peer = ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSubjectX500Principal().getName().replaceFirst("^CN=", "");
    } catch (SSLPeerUnverifiedException nobody) {
      // it showed no certificate
    }
    System.out.println(line + ": alpn=" + socket.getApplicationProtocol() + " peer=" + peer);
  }
}
