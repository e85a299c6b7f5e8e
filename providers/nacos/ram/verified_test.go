package ram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/ram"
	"github.com/nacre-go/nacre/source"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// start starts a server that verifies signatures.
func start(t *testing.T, version string, keys ...fakenacos.AccessKey) *fakenacos.Server {
	t.Helper()
	srv, err := fakenacos.Start(fakenacos.Options{Version: version, DumpDelay: 10 * time.Millisecond, AccessKeys: append([]fakenacos.AccessKey{}, keys...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

func client(t *testing.T, cfg nacos.Config, settings constant.ClientConfig, opts ...nacos.Option) *nacos.Client {
	t.Helper()
	signer, err := ram.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Signer = signer
	c, err := nacos.NewClient(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// until reads a source until the content is text.
func until(t *testing.T, src source.Source, rev source.Revision, text string) source.Revision {
	t.Helper()
	ctx := within(t)
	for {
		c, err := src.Next(ctx, rev)
		if ctx.Err() != nil {
			t.Fatalf("%q did not come: %v", text, err)
		}
		if err != nil {
			continue
		}
		rev = c.Revision
		if string(c.Documents[0].Data) == text {
			return rev
		}
	}
}

// Everything that a client does is signed as a server verifies it: with both versions of the
// signature, in the public and in another namespace, over gRPC and over HTTP.
func TestEveryRequestIsSignedAsItIsVerified(t *testing.T) {
	unset(t)
	for _, version := range []string{"2.3", "3.0"} {
		for _, namespace := range []string{"", "dev"} {
			for _, region := range []string{"", "cn-hangzhou"} {
				t.Run(strings.Join([]string{version, namespace, region}, "/"), func(t *testing.T) {
					srv := start(t, version, fakenacos.AccessKey{ID: "key", Secret: "secret", Token: "sts", Region: region})
					c := client(t, nacos.Config{Servers: []string{srv.Addr()}, Namespace: namespace}, constant.ClientConfig{
						AccessKey: "key", SecretKey: "secret", RamConfig: &constant.RamConfig{SecurityToken: "sts", SignatureRegionId: region},
					}, nacos.ReconcileEvery(time.Second))
					ctx := within(t)
					src, pattern := c.Source("x.yaml"), c.Matching("x*")
					must := func(what string, err error) {
						t.Helper()
						if err != nil {
							t.Errorf("%s: %v", what, err)
						}
					}
					must("publish", c.Publish(ctx, "x.yaml", []byte("v: 1")))
					rev := until(t, src, "", "v: 1")
					until(t, pattern, "", "v: 1")
					item, err := c.Get(ctx, "x.yaml")
					must("get", err)
					must("publish with an md5", c.Publish(ctx, "x.yaml", []byte("v: 2"), nacos.IfMD5(item.MD5), nacos.KeepMetadata()))
					until(t, src, rev, "v: 2")
					_, err = c.Metadata(ctx, "x.yaml")
					must("metadata", err)
					_, err = c.History(ctx, "x.yaml", 10)
					must("history", err)
					for _, group := range []string{"DEFAULT_GROUP", "DEF*", "*"} {
						found, err := c.List(ctx, "x*", nacos.Group(group))
						must("list in "+group, err)
						if len(found) != 1 {
							t.Errorf("the list in %s has %d configs", group, len(found))
						}
					}
					_, err = c.Listeners(ctx, "x.yaml")
					must("listeners", err)
					must("publish for a tag", c.Publish(ctx, "x.yaml", []byte("v: 3"), nacos.GrayTag("canary")))
					must("delete for a tag", c.Delete(ctx, "x.yaml", nacos.GrayTag("canary")))
					must("delete", c.Delete(ctx, "x.yaml"))
					if n := srv.Stats().Refused; n > 0 {
						t.Errorf("the server refused %d requests", n)
					}
				})
			}
		}
	}
}

// A server refuses what is signed with another key, secret, token, region or time, or is about
// something else, and the error says that the signature is refused.
func TestWrongSignaturesAreRefused(t *testing.T) {
	unset(t)
	right := constant.ClientConfig{AccessKey: "key", SecretKey: "secret", RamConfig: &constant.RamConfig{SecurityToken: "sts", SignatureRegionId: "cn-hangzhou"}}
	for name, change := range map[string]func(*constant.ClientConfig){
		"key":     func(s *constant.ClientConfig) { s.AccessKey = "other" },
		"secret":  func(s *constant.ClientConfig) { s.SecretKey = "other" },
		"token":   func(s *constant.ClientConfig) { s.RamConfig.SecurityToken = "other" },
		"region":  func(s *constant.ClientConfig) { s.RamConfig.SignatureRegionId = "cn-shanghai" },
		"version": func(s *constant.ClientConfig) { s.RamConfig.SignatureRegionId = "" },
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "3.0", fakenacos.AccessKey{ID: "key", Secret: "secret", Token: "sts", Region: "cn-hangzhou"})
			settings := right
			of := *right.RamConfig
			settings.RamConfig = &of
			change(&settings)
			c := client(t, nacos.Config{Servers: []string{srv.Addr()}}, settings)
			_, err := c.Get(within(t), "x.yaml")
			if !errors.Is(err, nacos.SignatureRejected) || !errors.Is(err, source.PermissionDenied) {
				t.Errorf("the error is %v", err)
			}
			if text := fmt.Sprint(err); strings.Contains(text, "sts") || strings.Contains(text, "secret ") && strings.Contains(text, "other") {
				t.Errorf("the error has a part of the key: %s", text)
			}
		})
	}
}

// A signature is that of one resource, at one time.
func TestSignatureOfAnotherRequestIsRefused(t *testing.T) {
	unset(t)
	signer, err := ram.New(constant.ClientConfig{AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	for name, sign := range map[string]func(context.Context, nacos.Key) (map[string]string, error){
		"another group": func(ctx context.Context, k nacos.Key) (map[string]string, error) {
			k.Group = "OTHER"
			return signer.Sign(ctx, k)
		},
		"another namespace": func(ctx context.Context, k nacos.Key) (map[string]string, error) {
			k.Namespace = "prod"
			return signer.Sign(ctx, k)
		},
		"an hour ago": func(context.Context, nacos.Key) (map[string]string, error) {
			stamp := fmt.Sprint(time.Now().Add(-time.Hour).UnixMilli())
			return map[string]string{"Spas-AccessKey": "key", "Timestamp": stamp, "Spas-Signature": mac("secret", "DEFAULT_GROUP+"+stamp)}, nil
		},
		"another time": func(ctx context.Context, k nacos.Key) (map[string]string, error) {
			h, err := signer.Sign(ctx, k)
			if err == nil {
				h["Timestamp"] = fmt.Sprint(time.Now().Add(time.Second).UnixMilli())
			}
			return h, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := start(t, "2.3", fakenacos.AccessKey{ID: "key", Secret: "secret"})
			c, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}, Signer: &nacos.Signer{Sign: sign}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if _, err := c.Get(within(t), "x.yaml"); !errors.Is(err, nacos.SignatureRejected) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// An account with permissions in one namespace reads there alone.
func TestPermissionsOfAnAccessKey(t *testing.T) {
	unset(t)
	srv := start(t, "3.0", fakenacos.AccessKey{ID: "key", Secret: "secret", Grants: []fakenacos.Grant{{Namespace: "dev", Read: true}}})
	if err := srv.Put("dev", "DEFAULT_GROUP", "x.yaml", "v: 1"); err != nil {
		t.Fatal(err)
	}
	settings := constant.ClientConfig{AccessKey: "key", SecretKey: "secret"}
	dev := client(t, nacos.Config{Servers: []string{srv.Addr()}, Namespace: "dev"}, settings)
	if _, err := dev.Get(within(t), "x.yaml"); err != nil {
		t.Errorf("a read: %v", err)
	}
	if err := dev.Publish(within(t), "x.yaml", []byte("v: 2")); !errors.Is(err, nacos.SignatureRejected) {
		t.Errorf("a publish without the permission: %v", err)
	}
	if _, err := client(t, nacos.Config{Servers: []string{srv.Addr()}}, settings).Get(within(t), "x.yaml"); !errors.Is(err, nacos.SignatureRejected) {
		t.Errorf("a read in another namespace: %v", err)
	}
}

// issuer issues temporary keys by HTTP, as the metadata of a machine or a credentials URI does.
type issuer struct {
	srv *fakenacos.Server

	mu     sync.Mutex
	issued int
}

// ServeHTTP issues a key that lasts for some seconds, and tells the server of it and the last one.
func (i *issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued++
	const lasts = 3 * time.Second
	ends := time.Now().Add(lasts)
	key := func(n int) fakenacos.AccessKey {
		return fakenacos.AccessKey{ID: fmt.Sprint("STS.key", n), Secret: fmt.Sprint("secret", n), Token: fmt.Sprint("token", n), Region: "cn-hangzhou", Expires: ends}
	}
	now := key(i.issued)
	i.srv.SetAccessKeys(now)
	_, _ = fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":%q,"AccessKeySecret":%q,"SecurityToken":%q,"Expiration":%q}`,
		now.ID, now.Secret, now.Token, ends.UTC().Format(time.RFC3339))
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.issued
}

// A temporary key is renewed while a session runs, and the session goes on: it needs no new
// connection, and its sources see no error that stays.
func TestRenewedTokens(t *testing.T) {
	unset(t)
	srv := start(t, "3.0")
	by := &issuer{srv: srv}
	web := httptest.NewServer(by)
	defer web.Close()
	c := client(t, nacos.Config{Servers: []string{srv.Addr()}},
		constant.ClientConfig{RamConfig: &constant.RamConfig{CredentialsURI: web.URL, SignatureRegionId: "cn-hangzhou"}}, nacos.ReconcileEvery(time.Second))
	src := c.Source("x.yaml")
	var rev source.Revision
	for n := 1; by.count() < 4; n++ {
		text := fmt.Sprintf("v: %d", n)
		if err := srv.Put("", "DEFAULT_GROUP", "x.yaml", text); err != nil {
			t.Fatal(err)
		}
		rev = until(t, src, rev, text)
	}
	if n := srv.Stats().Streams; n != 1 {
		t.Errorf("the session connected %d times", n)
	}
}

// An MSE instance by the name of its address server, as NACOS_ENDPOINT names it: the list comes
// without a signature, and every request to a server of the list has one.
func TestAddressServer(t *testing.T) {
	unset(t)
	srv := start(t, "2.3", fakenacos.AccessKey{ID: "key", Secret: "secret"})
	var mu sync.Mutex
	var signed []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		for name := range r.Header {
			if strings.HasPrefix(name, "Spas-") {
				signed = append(signed, name)
			}
		}
		_, _ = fmt.Fprintln(w, srv.Addr())
	}))
	defer web.Close()
	c := client(t, nacos.Config{Endpoint: web.URL + "/nacos/serverlist"}, constant.ClientConfig{AccessKey: "key", SecretKey: "secret"})
	if err := c.Publish(within(t), "x.yaml", []byte("v: 1")); err != nil {
		t.Errorf("a publish through an address server: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if signed != nil {
		t.Errorf("the address server got the headers %v", signed)
	}
}
