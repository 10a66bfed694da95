// A TLS client or server of Go's crypto/tls: what test/support/peers/java-and-go.ts says of both.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	options := map[string]string{}
	for _, word := range os.Args[1:] {
		name, value, _ := strings.Cut(word, "=")
		options[name] = value
	}
	config := configOf(options)
	if port, ok := options["connect"]; ok {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(8)
		for count := 0; count < len(options["times"])+1; count++ {
			call(port, config)
		}
		return
	}
	serve(config)
}

func configOf(options map[string]string) *tls.Config {
	versions := map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}
	version := versions[options["version"]]
	config := &tls.Config{MinVersion: version, MaxVersion: version, ServerName: options["name"]}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(must(os.ReadFile(options["ca"])))
	config.RootCAs = authorities
	if options["cert"] != "" {
		own := must(tls.LoadX509KeyPair(options["cert"], options["key"]))
		if options["staple"] != "" {
			own.OCSPStaple = must(os.ReadFile(options["staple"]))
		}
		config.Certificates = []tls.Certificate{own}
	}
	if options["alpn"] != "" {
		config.NextProtos = []string{options["alpn"]}
	}
	if options["ask"] != "" {
		config.ClientCAs = authorities
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config
}

func call(port string, config *tls.Config) {
	connection := must(tls.Dial("tcp", "127.0.0.1:"+port, config))
	fmt.Fprint(connection, "to the server\n")
	answer := must(bufio.NewReader(connection).ReadString('\n'))
	tell(strings.TrimSpace(answer), connection)
	connection.Close()
}

func serve(config *tls.Config) {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	for {
		client := must(listener.Accept())
		go func() {
			connection := tls.Server(client, config)
			defer connection.Close()
			question, err := bufio.NewReader(connection).ReadString('\n')
			if err != nil {
				fmt.Println("failed", err)
				return
			}
			tell(strings.TrimSpace(question), connection)
			fmt.Fprint(connection, "to the client\n")
		}()
	}
}

func tell(line string, connection *tls.Conn) {
	state := connection.ConnectionState()
	peer := ""
	if len(state.PeerCertificates) > 0 {
		peer = state.PeerCertificates[0].Subject.CommonName
	}
	fmt.Printf("%s: alpn=%s peer=%s name=%s resumed=%t staple=%t\n", line, state.NegotiatedProtocol, peer, state.ServerName, state.DidResume, len(state.OCSPResponse) > 0)
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	return value
}
