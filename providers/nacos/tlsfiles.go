package nacos

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"sync"
)

// TLSFiles are the files that a TLS connection is made with, in PEM. It is a plain value.
type TLSFiles struct {
	// CA has the certificates that a server's is checked against. Empty: those of the system.
	CA string
	// Cert and Key are the client's own, for servers that want one (mTLS). They are read anew for each connection, so that
	// a certificate may be renewed while the service runs. Both empty: none.
	Cert, Key string
	// ServerName is the name that the server's certificate must have. Empty: that of the server's address.
	ServerName string
	// Insecure takes any certificate of a server: for tests.
	Insecure bool
}

// madeTLS has what was made of equal files, so that clients which are set up alike share a connection.
var madeTLS = struct {
	sync.Mutex
	all map[tlsIdentity]*tls.Config
}{all: map[tlsIdentity]*tls.Config{}}

type tlsIdentity struct {
	TLSFiles
	ca [sha256.Size]byte
}

// Config returns what [Config] takes as TLS; the same for the same files as long as the CA's content is the same. An error
// is of kind InvalidArgument.
func (f TLSFiles) Config() (*tls.Config, error) {
	c, problems := f.load()
	if len(problems) > 0 {
		return nil, errBadConfig(problems)
	}
	return c, nil
}

func (f TLSFiles) load() (*tls.Config, []string) {
	id := tlsIdentity{TLSFiles: f}
	c := &tls.Config{ServerName: f.ServerName, InsecureSkipVerify: f.Insecure, MinVersion: tls.VersionTLS12} //nolint:gosec // the user's wish, under a name that says so
	var problems []string
	if f.CA != "" {
		pem, err := readFile(f.CA)
		c.RootCAs = x509.NewCertPool()
		switch {
		case err != nil:
			problems = append(problems, "the file of the TLS CA cannot be read")
		case !c.RootCAs.AppendCertsFromPEM(pem):
			problems = append(problems, "the file of the TLS CA has no certificate in PEM")
		}
		id.ca = sha256.Sum256(pem)
	}
	switch {
	case (f.Cert == "") != (f.Key == ""):
		problems = append(problems, "of the files of the TLS certificate and its key, one is missing")
	case f.Cert != "":
		load := func() (*tls.Certificate, error) {
			cert, err := readFile(f.Cert)
			if err != nil {
				return nil, err
			}
			key, err := readFile(f.Key)
			if err != nil {
				return nil, err
			}
			pair, err := tls.X509KeyPair(cert, key)
			return &pair, err
		}
		if _, err := load(); err != nil {
			problems = append(problems, "the files of the TLS certificate and its key cannot be read, or do not belong together")
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	}
	if len(problems) > 0 {
		return nil, problems
	}
	madeTLS.Lock()
	defer madeTLS.Unlock()
	if made := madeTLS.all[id]; made != nil {
		return made, nil
	}
	madeTLS.all[id] = c
	return c, nil
}
