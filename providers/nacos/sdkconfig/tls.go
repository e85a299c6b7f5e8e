package sdkconfig

import (
	"crypto/tls"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/providers/nacos"
)

// tlsOf returns the TLS that is set, nil for none. Settings that are not Appointed are the environment's, for the SDK too.
func tlsOf(c constant.TLSConfig) (*tls.Config, error) {
	switch {
	case c.Enable:
		return nacos.TLSFiles{CA: c.CaFile, Cert: c.CertFile, Key: c.KeyFile, ServerName: c.ServerNameOverride, Insecure: c.TrustAll}.Config()
	case c.Appointed:
		return nil, nil
	}
	return nacos.TLSFromEnv()
}
