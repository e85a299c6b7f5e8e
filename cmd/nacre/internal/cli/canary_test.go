package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository writes the files of a repository, and returns its folder.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// An instance that accepts a connection and does not answer is named when the time is over.
func TestSilentInstanceIsNamed(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(hang); silent.Close() })
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"a canary": {
			[]string{"--strategy", "canary", "--canary-tag", "x", "--canary-instance", silent.URL, "--canary-timeout", "300ms"},
			"the canaries have not acted after 300ms: " + silent.URL + " unknown did not answer in time",
		},
		"an instance": {
			[]string{"--instance", silent.URL, "--rollout-timeout", "300ms", "--interval", "100ms"},
			"1 of 1 instance has not acted after 300ms on release 1: " + silent.URL + " unknown did not answer in time; the release stays",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t)
			dir := repository(t, map[string]string{"nacre.yaml": "version: 1\ndocuments: [orders.yaml]\nenvironments: {prod: }\n", "base/orders.yaml": "pool: 2\n"})
			if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "pool: 1\n"); err != nil {
				t.Fatal(err)
			}
			plan := filepath.Join(dir, "prod.plan")
			if code, _, errs := run(t, "plan", "prod", "-C", dir, "--server", srv.Addr(), "--out", plan); code != 0 {
				t.Fatalf("plan ends with %d: %s", code, errs)
			}
			code, _, errs := run(t, append([]string{"apply", plan, "-C", dir, "--server", srv.Addr(), "--release", "1", "--reason", "more", "--author", "ann"}, c.flags...)...)
			if code != 7 || !strings.Contains(errs, c.want) {
				t.Errorf("code %d, want 7 and %q: %s", code, c.want, errs)
			}
		})
	}
}
