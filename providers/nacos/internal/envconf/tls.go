package envconf

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"os"
	"sync"
)

// TLSFiles are the PEM files and the settings of a TLS connection.
type TLSFiles struct {
	CA         string // the certificates that verify a server's; empty: those of the system
	Cert, Key  string // the client's own; both empty: none
	ServerName string // the name in the server's certificate; empty: the host of its address
	Insecure   bool   // do not verify the server's certificate
}

// tlsConfigs holds what was loaded from equal files, so that clients with equal settings share a
// connection.
var tlsConfigs = struct {
	sync.Mutex
	byFiles map[tlsIdentity]*tls.Config
}{byFiles: map[tlsIdentity]*tls.Config{}}

type tlsIdentity struct {
	files TLSFiles
	ca    [sha256.Size]byte
}

// Load returns the settings of the files, or what is wrong with them. It returns the same pointer
// for the same files for as long as the content of the CA file stays. Each connection reads the
// client's certificate again, so that it may be renewed while the service runs.
func (f TLSFiles) Load() (*tls.Config, []string) {
	id := tlsIdentity{files: f}
	c := &tls.Config{ServerName: f.ServerName, InsecureSkipVerify: f.Insecure, MinVersion: tls.VersionTLS12} //nolint:gosec // the user's wish, under a name that says so
	var problems []string
	if f.CA != "" {
		pem, err := ReadFile(f.CA)
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
		if _, err := f.certificate(); err != nil {
			problems = append(problems, "the files of the TLS certificate and its key cannot be read, or do not belong together")
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.certificate() }
	}
	if len(problems) > 0 {
		return nil, problems
	}
	tlsConfigs.Lock()
	defer tlsConfigs.Unlock()
	if loaded := tlsConfigs.byFiles[id]; loaded != nil {
		return loaded, nil
	}
	tlsConfigs.byFiles[id] = c
	return c, nil
}

func (f TLSFiles) certificate() (*tls.Certificate, error) {
	cert, err := ReadFile(f.Cert)
	if err != nil {
		return nil, err
	}
	key, err := ReadFile(f.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	return &pair, err
}

// The variables of TLS. Each of the SDK's own counts where ours is not set; see nacos.FromEnv.
const (
	envTLS         = "NACOS_TLS"
	envTLSInsecure = "NACOS_TLS_INSECURE"
	envTLSName     = "NACOS_TLS_SERVER_NAME"
	envTLSCA       = "NACOS_TLS_CA_FILE"
	envTLSCert     = "NACOS_TLS_CERT_FILE"
	envTLSKey      = "NACOS_TLS_KEY_FILE"
	sdkTLS         = "nacos_remote_client_rpc_tls_"
)

// TLS returns the TLS settings of the environment, nil for none.
func TLS() (*tls.Config, []string) {
	files := TLSFiles{
		CA:         either(envTLSCA, sdkTLS+"trustCollectionChainPath"),
		Cert:       either(envTLSCert, sdkTLS+"certChainFile"),
		Key:        either(envTLSKey, sdkTLS+"certPrivateKey"),
		ServerName: os.Getenv(envTLSName),
	}
	on, set, problems := Flag(envTLS, sdkTLS+"enable")
	if set && !on || !set && files == (TLSFiles{}) {
		return nil, problems
	}
	// The SDK reads its own variable only where TLS is on at all.
	var more []string
	files.Insecure, _, more = Flag(envTLSInsecure, sdkTLS+"trustAll")
	c, unusable := files.Load()
	return c, append(append(problems, more...), unusable...)
}
