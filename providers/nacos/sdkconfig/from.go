package sdkconfig

import (
	"cmp"
	"errors"
	"maps"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
	"github.com/nacre-go/nacre/source"
)

// The defaults of the SDK.
const (
	defaultPort        = 8848
	defaultPath        = "/nacos"
	defaultList        = "serverlist"
	defaultEndpoint    = "nacos"
	preferredVariable  = "nacos_app_conn_labels_preferred"
	environmentIsFirst = "env"
)

// From returns the settings that are equal to those of the SDK. The signer signs requests, for
// settings with an access key; nil for others. An error is of kind InvalidArgument, and names every
// setting without an equivalent. [nacos.NewClient] checks the values themselves.
func From(client constant.ClientConfig, servers []constant.ServerConfig, signer *nacos.Signer) (nacos.Config, []nacos.Option, error) {
	cfg := nacos.Config{
		Namespace: client.NamespaceId,
		Username:  client.Username,
		Password:  nacos.NewPassword(client.Password),
		AppName:   client.AppName,
		Signer:    signer,
	}
	var problems []string
	if hasKey(client) && cfg.Signer == nil {
		problems = append(problems, "an access key is set, but no signer: make one with ram.New and pass it to From")
	}
	if client.OpenKMS {
		problems = append(problems, "OpenKMS is set, but encrypted configs are not decrypted")
	}
	var unusable []string
	cfg.TLS, unusable = tlsOf(client.TLSCfg)
	problems = append(problems, unusable...)
	for _, s := range servers {
		path := cmp.Or(s.ContextPath, client.ContextPath, defaultPath)
		if strings.Trim(path, "/") == "" {
			cfg.ContextPath = "/" // of servers without a path
		}
		cfg.Servers = append(cfg.Servers, address(s, path, cfg.TLS != nil))
	}
	if len(servers) == 0 && client.Endpoint != "" {
		cfg.Endpoint = endpoint(client, cfg.TLS != nil)
		cfg.ContextPath = client.ContextPath
	}
	cfg.Labels, unusable = labels(client.AppConnLabels)
	problems = append(problems, unusable...)
	if len(problems) > 0 {
		return nacos.Config{}, nil, &source.Error{
			Kind: source.InvalidArgument, Op: "convert", Document: "ClientConfig", Err: errors.New(strings.Join(problems, "; ")),
			Fix: "change these settings, or write a nacos.Config",
		}
	}
	var opts []nacos.Option
	if client.TimeoutMs > 0 {
		opts = append(opts, nacos.RequestTimeout(time.Duration(min(client.TimeoutMs, 1<<31))*time.Millisecond))
	}
	return cfg, opts, nil
}

func hasKey(c constant.ClientConfig) bool {
	if c.AccessKey != "" || c.SecretKey != "" {
		return true
	}
	return c.RamConfig != nil && *c.RamConfig != constant.RamConfig{}
}

// address returns a server in the form of nacos.Config.
func address(s constant.ServerConfig, path string, secure bool) string {
	scheme, host := s.Scheme, s.IpAddr
	if secure && scheme == "http" { // the SDK's default, which has no meaning
		scheme = ""
	}
	if before, after, ok := strings.Cut(host, "://"); ok { // the SDK accepts the scheme in both places
		scheme, host = before, after
	}
	if scheme == "" && !secure {
		scheme = "http"
	}
	port := s.Port
	if port == 0 {
		port = defaultPort
	}
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(strings.Trim(host, "[]"), strconv.FormatUint(port, 10)), Path: "/" + strings.Trim(path, "/")}
	if s.GrpcPort != 0 {
		u.RawQuery = "grpc=" + strconv.FormatUint(s.GrpcPort, 10)
	}
	return strings.TrimPrefix(u.String(), "//")
}

// endpoint returns the URL that the SDK requests.
func endpoint(c constant.ClientConfig, secure bool) string {
	path, list := strings.Trim(strings.TrimSpace(c.EndpointContextPath), "/"), strings.TrimSpace(c.ClusterName)
	if path == "" {
		path = defaultEndpoint
	}
	if list == "" {
		list = defaultList
	}
	at := c.Endpoint
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	if !strings.Contains(at, "://") {
		at = scheme + at
	}
	at = strings.TrimRight(at, "/") + "/" + path + "/" + list
	if q := strings.TrimSpace(c.EndpointQueryParams); q != "" {
		at += "?" + q
	}
	return at
}

// labels returns the labels of the settings and of the environment. The SDK's rule decides which
// take precedence.
func labels(set map[string]string) (map[string]string, []string) {
	all := map[string]string{}
	weak, problems := envconf.Labels()
	strong := set
	if strings.EqualFold(os.Getenv(preferredVariable), environmentIsFirst) {
		weak, strong = strong, weak
	}
	maps.Copy(all, weak)
	maps.Copy(all, strong)
	if len(all) == 0 {
		return nil, problems
	}
	return all, problems
}
