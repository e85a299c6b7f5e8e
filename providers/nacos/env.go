package nacos

import (
	"os"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
)

// The variables that [FromEnv] reads itself; package envconf reads those of TLS and labels.
const (
	envServers      = "NACOS_SERVER_ADDR"
	envEndpoint     = "NACOS_ENDPOINT"
	envRedirects    = "NACOS_REDIRECTS"
	envNamespace    = "NACOS_NAMESPACE"
	envGroup        = "NACOS_GROUP"
	envUsername     = "NACOS_USERNAME"
	envPassword     = "NACOS_PASSWORD"
	envPasswordFile = "NACOS_PASSWORD_FILE"
	envContextPath  = "NACOS_CONTEXT_PATH"
	envAppName      = "NACOS_APP_NAME"
	envAppVersion   = "NACOS_APP_VERSION"
	envInstanceID   = "NACOS_INSTANCE_ID"
	envProfile      = "NACOS_PROFILE"
	envAccessKey    = "NACOS_ACCESS_KEY"
	envPlaintext    = "NACOS_PLAINTEXT"
)

// FromEnv returns the Config that the environment describes. It reports no error: [NewClient]
// returns everything that is wrong with the variables.
//
//	NACOS_SERVER_ADDR      Servers: "10.0.0.1:8848,10.0.0.2:8848"
//	NACOS_ENDPOINT         Endpoint: "10.0.0.9:8080"
//	NACOS_REDIRECTS        AllowRedirects: "10.0.0.0/8,nacos.example.com"
//	NACOS_NAMESPACE        Namespace: the id, not the name
//	NACOS_GROUP            Group
//	NACOS_USERNAME         Username
//	NACOS_PASSWORD         Password
//	NACOS_PASSWORD_FILE    PasswordFile
//	NACOS_ACCESS_KEY       an access key; it requires a Signer, see package ram
//	NACOS_SECRET_KEY       its secret, which package ram reads
//	NACOS_CONTEXT_PATH     ContextPath
//	NACOS_APP_NAME         AppName
//	NACOS_APP_VERSION      AppVersion
//	NACOS_INSTANCE_ID      InstanceID
//	NACOS_PROFILE          Profile
//	NACOS_APP_LABELS       Labels: "zone=a,lane=blue"
//	NACOS_TAG              the label Vipserver-Tag
//	NACOS_GRAY_LABEL       the label nacos_config_gray_label
//	NACOS_PLAINTEXT        Plaintext: "true" or "false"
//	NACOS_TLS              TLS: "true" or "false"; default true if one of the variables below is set
//	NACOS_TLS_CA_FILE      PEM file of the CAs; default those of the system
//	NACOS_TLS_CERT_FILE    PEM file of the client's certificate
//	NACOS_TLS_KEY_FILE     PEM file of the client's key
//	NACOS_TLS_SERVER_NAME  the name in the server's certificate; default the host of its address
//	NACOS_TLS_INSECURE     "true" does not verify the server's certificate
//
// Where one of these is not set, FromEnv reads the variable that nacos-sdk-go has for the same
// setting: nacos_app_conn_labels, nacos_config_gray_label and, with the prefix
// nacos_remote_client_rpc_tls_, enable, trustCollectionChainPath, certChainFile, certPrivateKey and
// trustAll.
func FromEnv() Config {
	c := Config{
		Servers:        envconf.Fields(os.Getenv(envServers), ",; "),
		AllowRedirects: envconf.Fields(os.Getenv(envRedirects), ",; "),
		Endpoint:       os.Getenv(envEndpoint),
		Namespace:      os.Getenv(envNamespace),
		Group:          os.Getenv(envGroup),
		Username:       os.Getenv(envUsername),
		Password:       NewPassword(os.Getenv(envPassword)),
		PasswordFile:   os.Getenv(envPasswordFile),
		ContextPath:    os.Getenv(envContextPath),
		AppName:        os.Getenv(envAppName),
		AppVersion:     os.Getenv(envAppVersion),
		InstanceID:     os.Getenv(envInstanceID),
		Profile:        os.Getenv(envProfile),
		wantSigner:     os.Getenv(envAccessKey) != "",
	}
	if len(c.Servers) == 0 && c.Endpoint == "" {
		c.problems = append(c.problems, envServers+" is not set")
	}
	var labels, tls, plaintext []string
	c.Labels, labels = envconf.Labels()
	c.TLS, tls = envconf.TLS()
	c.Plaintext, _, plaintext = envconf.Flag(envPlaintext)
	for _, problems := range [][]string{labels, tls, plaintext} {
		c.problems = append(c.problems, problems...)
	}
	return c
}
