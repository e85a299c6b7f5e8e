package sdkconfig_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/providers/nacos/sdkconfig"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// unset takes out of the environment what would be added.
func unset(t *testing.T) {
	t.Helper()
	const sdk = "nacos_remote_client_rpc_tls_"
	for _, name := range []string{
		"NACOS_APP_LABELS", "NACOS_GRAY_LABEL", "NACOS_TAG", "NACOS_TLS", "NACOS_TLS_CA_FILE", "NACOS_TLS_CERT_FILE", "NACOS_TLS_KEY_FILE", "NACOS_TLS_SERVER_NAME",
		"NACOS_TLS_INSECURE", "nacos_app_conn_labels", "nacos_config_gray_label", "nacos_app_conn_labels_preferred",
		sdk + "enable", sdk + "trustAll", sdk + "trustCollectionChainPath", sdk + "certChainFile", sdk + "certPrivateKey",
	} {
		t.Setenv(name, "")
	}
}

func TestFrom(t *testing.T) {
	unset(t)
	t.Setenv("nacos_app_conn_labels", "zone=a,lane=blue")
	insecure, problems := envconf.TLSFiles{Insecure: true}.Load()
	if problems != nil {
		t.Fatal(problems)
	}
	for name, tc := range map[string]struct {
		client  constant.ClientConfig
		servers []constant.ServerConfig
		want    nacos.Config
		opts    int
	}{
		"a plain server": {
			client:  constant.ClientConfig{NamespaceId: "dev", Username: "u", Password: "p", AppName: "orders", TimeoutMs: 5000},
			servers: []constant.ServerConfig{{IpAddr: "10.0.0.1", Port: 8848}, {IpAddr: "https://n", Scheme: "http", ContextPath: "/x"}},
			want: nacos.Config{
				Servers: []string{"http://10.0.0.1:8848/nacos", "https://n:8848/x"}, Namespace: "dev", Username: "u", Password: nacos.NewPassword("p"),
				AppName: "orders", Labels: map[string]string{"zone": "a", "lane": "blue"},
			},
			opts: 1,
		},
		"other ports and paths": {
			client:  constant.ClientConfig{ContextPath: "/", AppConnLabels: map[string]string{"zone": "b"}, Endpoint: "not-used"},
			servers: []constant.ServerConfig{{IpAddr: "::1", Port: 1, GrpcPort: 2}},
			want: nacos.Config{
				Servers: []string{"http://[::1]:1/?grpc=2"}, ContextPath: "/", Labels: map[string]string{"zone": "b", "lane": "blue"},
			},
		},
		"an address server": {
			client: constant.ClientConfig{Endpoint: "finder:8080", ClusterName: "list", EndpointQueryParams: "env=dev", ContextPath: "/x"},
			want: nacos.Config{
				Endpoint: "http://finder:8080/nacos/list?env=dev", ContextPath: "/x", Labels: map[string]string{"zone": "a", "lane": "blue"},
			},
		},
		"TLS": {
			client:  constant.ClientConfig{TLSCfg: constant.TLSConfig{Enable: true, TrustAll: true}},
			servers: []constant.ServerConfig{{IpAddr: "10.0.0.1", Scheme: "http", GrpcPort: 2}, {IpAddr: "::1", Port: 1, Scheme: "https"}, {IpAddr: "http://n"}},
			want: nacos.Config{
				Servers: []string{"10.0.0.1:8848/nacos?grpc=2", "https://[::1]:1/nacos", "http://n:8848/nacos"}, TLS: insecure,
				Labels: map[string]string{"zone": "a", "lane": "blue"},
			},
		},
		"TLS and an address server": {
			client: constant.ClientConfig{TLSCfg: constant.TLSConfig{Enable: true, TrustAll: true}, Endpoint: "finder:8080"},
			want: nacos.Config{
				Endpoint: "https://finder:8080/nacos/serverlist", TLS: insecure, Labels: map[string]string{"zone": "a", "lane": "blue"},
			},
		},
		"nothing": {want: nacos.Config{Labels: map[string]string{"zone": "a", "lane": "blue"}}},
	} {
		got, opts, err := sdkconfig.From(tc.client, tc.servers, nil)
		if err != nil || !reflect.DeepEqual(got, tc.want) || len(opts) != tc.opts {
			t.Errorf("%s is taken over as\n  %v %q %q %v, %d options, error %v, want\n  %v %q %q %v", name,
				got.Servers, got.Endpoint, got.ContextPath, got.Labels, len(opts), err, tc.want.Servers, tc.want.Endpoint, tc.want.ContextPath, tc.want.Labels)
		}
	}
	t.Setenv("nacos_app_conn_labels_preferred", "ENV")
	got, _, err := sdkconfig.From(constant.ClientConfig{AppConnLabels: map[string]string{"zone": "b"}}, nil, nil)
	if err != nil || got.Labels["zone"] != "a" {
		t.Errorf("with the environment first the labels are %v, %v", got.Labels, err)
	}
}

// What has no equal is named, all of it, and never dropped in silence.
func TestFromRefuses(t *testing.T) {
	unset(t)
	client := constant.ClientConfig{
		AccessKey: "canary", OpenKMS: true, Password: "canary",
		TLSCfg: constant.TLSConfig{Enable: true, CaFile: "/no/such/canary.pem"},
	}
	_, _, err := sdkconfig.From(client, nil, nil)
	if !errors.Is(err, source.InvalidArgument) {
		t.Fatalf("settings that cannot be taken over: %v, want an invalid argument", err)
	}
	for _, want := range []string{"access key", "OpenKMS", "TLS CA cannot be read"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error repeats a value: %v", err)
	}
	by := &nacos.Signer{}
	if cfg, _, err := sdkconfig.From(constant.ClientConfig{AccessKey: "k", SecretKey: "s"}, nil, by); err != nil || cfg.Signer != by {
		t.Errorf("with a signer: %v", err)
	}
}

// What the environment adds and cannot be is an error: without the TLS that somebody wants, the
// login would go in the clear.
func TestFromRefusesTheEnvironment(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"the TLS CA cannot be read":   {"NACOS_TLS": "true", "NACOS_TLS_CA_FILE": "/no/such/canary.pem"},
		"is not a list of name=value": {"NACOS_APP_LABELS": "canary"},
		"is neither true nor false":   {"NACOS_TLS": "canary"},
	} {
		t.Run(want, func(t *testing.T) {
			unset(t)
			for name, value := range variables {
				t.Setenv(name, value)
			}
			cfg, _, err := sdkconfig.From(constant.ClientConfig{}, []constant.ServerConfig{{IpAddr: "10.0.0.1"}}, nil)
			if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("From returns TLS %v and error %v, want one that says %q", cfg.TLS != nil, err, want)
			}
		})
	}
}

// The settings of a service that works with the SDK make a client that works.
func Example() {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	clientConfig := constant.ClientConfig{NamespaceId: "dev", TimeoutMs: 5000, AppName: "orders"}
	serverConfigs := []constant.ServerConfig{{IpAddr: "127.0.0.1", Port: uint64(srv.Port())}} //nolint:gosec // a port is small

	cfg, opts, err := sdkconfig.From(clientConfig, serverConfigs, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := nacos.NewClient(cfg, opts...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println("ready:", client.WaitReady(context.Background()) == nil)
	// Output: ready: true
}
