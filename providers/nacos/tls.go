package nacos

import (
	"crypto/tls"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
)

// TLSFromFiles returns the [Config].TLS of PEM files: ca holds the CAs that verify a server's
// certificate, cert and key are the client's own. An empty ca stands for the CAs of the system, an
// empty cert and key for no certificate. Each connection reads cert and key again, so that they may
// be renewed while the service runs.
//
// TLSFromFiles returns the same pointer for the same files, so that clients share a connection.
// Clone it before you change it. An error is of kind InvalidArgument.
func TLSFromFiles(ca, cert, key string) (*tls.Config, error) {
	c, problems := envconf.TLSFiles{CA: ca, Cert: cert, Key: key}.Load()
	if len(problems) > 0 {
		return nil, errBadConfig(problems)
	}
	return c, nil
}
