package nacos

import (
	"crypto/tls"
	"os"
	"strings"
)

// The variables that [FromEnv] reads. Where nacos-sdk-go reads one for the same thing, under a name of its own, that is
// read too when ours is not set: what a service has works on.
const (
	EnvServers      = "NACOS_SERVER_ADDR"   // "10.0.0.1:8848,10.0.0.2:8848"
	EnvEndpoint     = "NACOS_ENDPOINT"      // an address server, "10.0.0.9:8080"
	EnvRedirects    = "NACOS_REDIRECTS"     // see [Config].AllowRedirects: "10.0.0.0/8,nacos.example.com"
	EnvNamespace    = "NACOS_NAMESPACE"     // the id, not the name
	EnvGroup        = "NACOS_GROUP"         // default DEFAULT_GROUP
	EnvUsername     = "NACOS_USERNAME"      //
	EnvPassword     = "NACOS_PASSWORD"      //
	EnvPasswordFile = "NACOS_PASSWORD_FILE" // a file that holds the password, without its last line feed
	EnvContextPath  = "NACOS_CONTEXT_PATH"  // default "/nacos"
	EnvAppName      = "NACOS_APP_NAME"      // default: the name of the program
	EnvVersion      = "NACOS_APP_VERSION"   // default: as it was built
	EnvInstance     = "NACOS_INSTANCE_ID"   // default: host, process and a random part
	EnvLabels       = "NACOS_APP_LABELS"    // "zone=a,lane=blue"; else nacos_app_conn_labels
	EnvGrayLabel    = "NACOS_GRAY_LABEL"    // the value of [LabelGray]; else nacos_config_gray_label
	EnvTag          = "NACOS_TAG"           // the value of [LabelTag]
	EnvAccessKey    = "NACOS_ACCESS_KEY"    // wants a Signer: see the package ram
	EnvSecretKey    = "NACOS_SECRET_KEY"    //

	EnvTLS         = "NACOS_TLS"             // "true" or "false"; else nacos_remote_client_rpc_tls_enable; default: true if a file is named
	EnvTLSCA       = "NACOS_TLS_CA_FILE"     // PEM; else nacos_remote_client_rpc_tls_trustCollectionChainPath; default: those of the system
	EnvTLSCert     = "NACOS_TLS_CERT_FILE"   // PEM, of this client; else nacos_remote_client_rpc_tls_certChainFile
	EnvTLSKey      = "NACOS_TLS_KEY_FILE"    // PEM, of this client; else nacos_remote_client_rpc_tls_certPrivateKey
	EnvTLSName     = "NACOS_TLS_SERVER_NAME" // the name that the certificate must have; default: that of the server
	EnvPlaintext   = "NACOS_PLAINTEXT"       // "true" or "false": see [Config].Plaintext
	EnvTLSInsecure = "NACOS_TLS_INSECURE"    // "true" takes any certificate; else nacos_remote_client_rpc_tls_trustAll
)

// FromEnv returns the Config that the environment describes. What is wrong with it, [NewClient] says.
func FromEnv() Config {
	c := Config{
		Servers:        fields(os.Getenv(EnvServers), ",; "),
		AllowRedirects: fields(os.Getenv(EnvRedirects), ",; "),
		Endpoint:       os.Getenv(EnvEndpoint),
		Namespace:      os.Getenv(EnvNamespace),
		Group:          os.Getenv(EnvGroup),
		Username:       os.Getenv(EnvUsername),
		Password:       NewPassword(os.Getenv(EnvPassword)),
		ContextPath:    os.Getenv(EnvContextPath),
		AppName:        os.Getenv(EnvAppName),
		Instance:       Instance{Version: os.Getenv(EnvVersion), ID: os.Getenv(EnvInstance)},
		wantSigner:     os.Getenv(EnvAccessKey) != "",
	}
	if len(c.Servers) == 0 && c.Endpoint == "" {
		c.problems = append(c.problems, EnvServers+" is not set")
	}
	c.passwordFromFile()
	c.labelsFromEnv()
	c.tlsFromEnv()
	c.Plaintext, _ = c.flagFromEnv(EnvPlaintext)
	return c
}

// TLSFromEnv returns the TLS that the environment describes, nil for none: a part of [FromEnv], for who has other settings from
// elsewhere. An error has the cause [InvalidConfig].
func TLSFromEnv() (*tls.Config, error) {
	var c Config
	c.tlsFromEnv()
	return c.TLS, c.wrong()
}

// LabelsFromEnv returns the labels that the environment has, nil for none, as [TLSFromEnv] does the TLS.
func LabelsFromEnv() (map[string]string, error) {
	var c Config
	c.labelsFromEnv()
	return c.Labels, c.wrong()
}

func (c *Config) wrong() error {
	if len(c.problems) == 0 {
		return nil
	}
	return errBadConfig(c.problems)
}

// either returns the first variable that is set.
func either(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

func fields(text, separators string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
}

func (c *Config) passwordFromFile() {
	name := os.Getenv(EnvPasswordFile)
	if name == "" {
		return
	}
	data, err := readFile(name)
	switch {
	case os.Getenv(EnvPassword) != "":
		c.problems = append(c.problems, EnvPassword+" and "+EnvPasswordFile+" are both set")
	case err != nil:
		c.problems = append(c.problems, "the file that "+EnvPasswordFile+" names cannot be read")
	default:
		c.Password = NewPassword(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
	}
}

func (c *Config) labelsFromEnv() {
	labels := map[string]string{}
	for _, pair := range fields(either(EnvLabels, "nacos_app_conn_labels"), ",") {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			c.problems = append(c.problems, EnvLabels+" is not a list of name=value")
			break
		}
		labels[name] = strings.TrimSpace(value)
	}
	if gray := either(EnvGrayLabel, "nacos_config_gray_label"); gray != "" {
		labels[LabelGray] = gray
	}
	if tag := os.Getenv(EnvTag); tag != "" {
		labels[LabelTag] = tag
	}
	if len(labels) > 0 {
		c.Labels = labels
	}
}

func (c *Config) tlsFromEnv() {
	const sdk = "nacos_remote_client_rpc_tls_"
	files := TLSFiles{
		CA:         either(EnvTLSCA, sdk+"trustCollectionChainPath"),
		Cert:       either(EnvTLSCert, sdk+"certChainFile"),
		Key:        either(EnvTLSKey, sdk+"certPrivateKey"),
		ServerName: os.Getenv(EnvTLSName),
	}
	on, said := c.flagFromEnv(EnvTLS, sdk+"enable")
	if said && !on || !said && files == (TLSFiles{}) {
		return
	}
	// The SDK's name for it counts only where TLS is on at all, as there.
	files.Insecure, _ = c.flagFromEnv(EnvTLSInsecure, sdk+"trustAll")
	made, problems := files.load()
	c.problems = append(c.problems, problems...)
	c.TLS = made
}

// flagFromEnv reads a variable that is true or false, and whether it was set.
func (c *Config) flagFromEnv(name string, others ...string) (on, said bool) {
	switch text := either(append([]string{name}, others...)...); strings.ToLower(text) {
	case "":
		return false, false
	case "true", "1", "t":
		return true, true
	case "false", "0", "f":
		return false, true
	}
	c.problems = append(c.problems, name+" is neither true nor false")
	return false, false
}
