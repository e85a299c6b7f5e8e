package nacos_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

// tlsFront puts TLS before both ports of a server, and returns its address and the client's
// settings.
func tlsFront(t *testing.T, srv *fakenacos.Server, mutual bool) (string, *tls.Config) {
	t.Helper()
	cert := httptest.NewUnstartedServer(nil)
	cert.StartTLS()
	t.Cleanup(cert.Close)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Certificate())
	server := &tls.Config{Certificates: cert.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}
	client := &tls.Config{RootCAs: pool}
	if mutual {
		server.ClientAuth, server.ClientCAs = tls.RequireAnyClientCert, pool
		client.Certificates = cert.TLS.Certificates
	}
	for range 100 {
		port := 10000 + rand.IntN(20000)
		web, err := tls.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port), server)
		if err != nil {
			continue
		}
		rpc, err := tls.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port+1000), server)
		if err != nil {
			web.Close()
			continue
		}
		forward(t, web, srv.Addr())
		forward(t, rpc, "127.0.0.1:"+strconv.Itoa(srv.Port()+1000))
		return "127.0.0.1:" + strconv.Itoa(port), client
	}
	t.Fatal("no free pair of ports")
	return "", nil
}

func forward(t *testing.T, l net.Listener, to string) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer in.Close()
				out, err := net.Dial("tcp4", to)
				if err != nil {
					return
				}
				defer out.Close()
				wg.Go(func() { _, _ = io.Copy(out, in); out.Close() })
				_, _ = io.Copy(in, out)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
}

func TestTLS(t *testing.T) {
	t.Parallel()
	for _, mutual := range []bool{false, true} {
		srv := start(t, fakenacos.Options{Users: users})
		t.Cleanup(srv.Close)
		addr, client := tlsFront(t, srv, mutual)
		cfg := nacos.Config{Servers: []string{"https://" + addr}, Username: "app", Password: nacos.NewPassword("s3cret"), TLS: client}
		c := newClient(t, cfg)
		r := follow(t, c.Config("x.yaml"))
		if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
			t.Errorf("publish over TLS, mutual=%v: %v", mutual, err)
		}
		r.until("v: 1")
		if err := srv.Put("", group, "x.yaml", "v: 2"); err != nil {
			t.Fatal(err)
		}
		r.until("v: 2")

		for what, cfg := range map[string]nacos.Config{
			"a client without TLS":                 {Servers: []string{addr}},
			"a client that does not know the CA":   {Servers: []string{addr}, TLS: &tls.Config{}},
			"a login without TLS where it is used": {Servers: []string{addr}, Username: "app", Password: nacos.NewPassword("s3cret"), TLS: client, Plaintext: true},
		} {
			err := follow(t, newClient(t, cfg).Config("x.yaml")).trouble()
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != source.Unavailable || e.Fix == "" {
				t.Errorf("%s is told %v, want unavailable with a fix", what, err)
			}
		}
		c.Close()
		srv.Close()
	}
}

// pemFiles writes a certificate and its key, and another certificate's.
func pemFiles(t *testing.T, cert tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// TLS and mTLS from files, as the environment names them, by our names and by those of the SDK.
func TestTLSFromEnv(t *testing.T) {
	srv := start(t, fakenacos.Options{})
	addr, client := tlsFront(t, srv, true)
	certFile, keyFile := pemFiles(t, client.Certificates[0])
	const sdk = "nacos_remote_client_rpc_tls_"
	for name, vars := range map[string]map[string]string{
		"ours":      {"NACOS_TLS_CA_FILE": certFile, "NACOS_TLS_CERT_FILE": certFile, "NACOS_TLS_KEY_FILE": keyFile},
		"the SDK's": {sdk + "enable": "true", sdk + "trustAll": "true", sdk + "certChainFile": certFile, sdk + "certPrivateKey": keyFile},
		"the name":  {"NACOS_TLS": "true", "NACOS_TLS_CA_FILE": certFile, "NACOS_TLS_CERT_FILE": certFile, "NACOS_TLS_KEY_FILE": keyFile, "NACOS_TLS_SERVER_NAME": "example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			unset(t)
			t.Setenv("NACOS_SERVER_ADDR", addr)
			for k, v := range vars {
				t.Setenv(k, v)
			}
			c := newClient(t, nacos.FromEnv())
			ready(t, c)
			if again := nacos.FromEnv(); again.TLS != nacos.FromEnv().TLS {
				t.Error("the same files give two settings, so that two clients do not share a connection")
			}
			other := newClient(t, nacos.FromEnv())
			ready(t, other)
			if n := srv.Stats().Connections; n != 1 {
				t.Errorf("two clients of the same environment have %d connections, want one", n)
			}
			t.Setenv("NACOS_TLS", "false")
			if nacos.FromEnv().TLS != nil {
				t.Error("TLS is on though the environment turns it off")
			}
		})
	}
}

// A certificate that is renewed on disk is used from the next connection on.
func TestTLSCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	cert := httptest.NewUnstartedServer(nil)
	cert.StartTLS()
	t.Cleanup(cert.Close)
	certFile, keyFile := pemFiles(t, cert.TLS.Certificates[0])
	made, err := nacos.TLSFromFiles("", certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.GetClientCertificate(nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(certFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := made.GetClientCertificate(nil); err == nil {
		t.Error("the certificate on disk is another one, and the old one is used")
	}
	if _, err := nacos.TLSFromFiles("", certFile, keyFile); !errors.Is(err, nacos.InvalidConfig) || !errors.Is(err, source.InvalidArgument) {
		t.Errorf("a broken certificate: %v, want %v", err, nacos.InvalidConfig)
	}
}
