package sdkconfig

import (
	"crypto/tls"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
)

// tlsOf returns the TLS settings, nil for none, or what is wrong with them. The environment's apply
// where the settings are not Appointed, as in the SDK.
func tlsOf(c constant.TLSConfig) (*tls.Config, []string) {
	switch {
	case c.Enable:
		return envconf.TLSFiles{CA: c.CaFile, Cert: c.CertFile, Key: c.KeyFile, ServerName: c.ServerNameOverride, Insecure: c.TrustAll}.Load()
	case c.Appointed:
		return nil, nil
	}
	return envconf.TLS()
}
