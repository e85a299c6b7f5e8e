package ram_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/providers/nacos/ram"
	"github.com/nacre-go/nacre/source"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"))
}

// unset takes out of the environment what would be found there.
func unset(t *testing.T) {
	t.Helper()
	t.Setenv("NACOS_ACCESS_KEY", "")
	t.Setenv("NACOS_SECRET_KEY", "")
	for _, name := range []string{
		"ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN", "SIGNATURE_REGION_ID", "RAM_ROLE_NAME", "ROLE_ARN", "OIDC_PROVIDER_ARN",
		"OIDC_TOKEN_FILE", "CREDENTIALS_URI", "SECRET_NAME",
	} {
		t.Setenv("ALIBABA_CLOUD_"+name, "")
	}
}

// mac is what the signature must be: of namespace, group and time, by the secret.
func mac(secret, text string) string {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// A plain key signs namespace, group and time.
func TestAccessKey(t *testing.T) {
	unset(t)
	t.Setenv("NACOS_ACCESS_KEY", "key")
	t.Setenv("NACOS_SECRET_KEY", "secret-canary")
	s, err := ram.FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	for about, signed := range map[nacos.Key]string{
		{Namespace: "dev", Group: "G", DataID: "x"}: "dev+G+",
		{Group: "G", DataID: "x"}:                   "G+",
		{}:                                          "",
	} {
		got, err := s.Sign(t.Context(), about)
		if err != nil {
			t.Fatal(err)
		}
		at, err := strconv.ParseInt(got["Timestamp"], 10, 64)
		if age := time.Since(time.UnixMilli(at)); err != nil || age < -time.Minute || age > time.Minute {
			t.Errorf("%v was signed at %v", about, got["Timestamp"])
		}
		if got["Spas-AccessKey"] != "key" || got["Spas-Signature"] != mac("secret-canary", signed+got["Timestamp"]) {
			t.Errorf("%v is signed by %v", about, got)
		}
	}
	if printed := fmt.Sprintf("%+v %#v %+v", s, s, nacos.Config{Signer: s}); strings.Contains(printed, "canary") {
		t.Errorf("the secret is printed: %s", printed)
	}
}

func TestTemporaryKeyAndRegion(t *testing.T) {
	unset(t)
	s, err := ram.New(constant.ClientConfig{
		AccessKey: "key", SecretKey: "secret", RamConfig: &constant.RamConfig{SecurityToken: "sts", SignatureRegionId: "cn-hangzhou"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Sign(t.Context(), nacos.Key{Group: "G"})
	if err != nil || got["Spas-SecurityToken"] != "sts" || got["signatureVersion"] != "v4" || got["Spas-Signature"] == mac("secret", "G+"+got["Timestamp"]) {
		t.Errorf("a temporary key with a region signs by %v, %v", got, err)
	}
}

func TestNoCredentials(t *testing.T) {
	unset(t)
	_, err := ram.FromEnv()
	if !errors.Is(err, source.InvalidArgument) || !errors.Is(err, nacos.SigningFailed) {
		t.Errorf("without credentials: %v, want an invalid argument", err)
	}
}

// Credentials that come by HTTP: what hangs there hangs no request longer than its context, nor
// more than one.
func TestCredentialsURI(t *testing.T) {
	unset(t)
	var mu sync.Mutex
	broken, asked := false, 0
	hang := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		asked++
		fail := broken
		mu.Unlock()
		if fail {
			<-hang
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		// Short-lived, so that each request asks again.
		_, _ = fmt.Fprintf(w, `{"Code":"Success","AccessKeyId":"key","AccessKeySecret":"secret","SecurityToken":"sts","Expiration":%q}`,
			time.Now().Add(time.Second).UTC().Format(time.RFC3339))
	}))
	defer web.Close()
	s, err := ram.New(constant.ClientConfig{RamConfig: &constant.RamConfig{CredentialsURI: web.URL}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Sign(t.Context(), nacos.Key{Group: "G"})
	if err != nil || got["Spas-AccessKey"] != "key" || got["Spas-SecurityToken"] != "sts" {
		t.Fatalf("credentials by HTTP sign by %v, %v", got, err)
	}
	mu.Lock()
	broken, asked = true, 0
	mu.Unlock()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			if _, err := s.Sign(ctx, nacos.Key{Group: "G"}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("while credentials hang: %v, want the context's end", err)
			}
		})
	}
	wg.Wait()
	mu.Lock()
	n := asked
	mu.Unlock()
	if n > 1 {
		t.Errorf("%d requests for credentials hang, want one", n)
	}
	close(hang)
	if _, err := s.Sign(t.Context(), nacos.Key{Group: "G"}); !errors.Is(err, source.PermissionDenied) {
		t.Errorf("without credentials: %v, want denied", err)
	}
}

// A whole session works with it.
func TestSession(t *testing.T) {
	unset(t)
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	signer, err := ram.New(constant.ClientConfig{AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	c, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}, Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Publish(t.Context(), "x.yaml", []byte("v: 1")); err != nil {
		t.Errorf("a signed publish: %v", err)
	}
}
