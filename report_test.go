package nacre_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
)

func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		low, high := memoryLayer("low.yaml", "db: one\ncache: low\nhost: x"), memoryLayer("high.yaml", "cache: high\ntoken: canary-secret")
		cfg, err := nacre.OpenWith[deriveConfig](t.Context(), quiet, nacre.Layer(low, nacre.AllowUnknown()), high)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cfg.Close() }()
		time.Sleep(time.Minute)
		high.Set([]byte("cache: higher\ntoken: canary-secret"))
		settle()
		r := cfg.ExplainAll()
		var keys []string
		for _, x := range r.Keys {
			keys = append(keys, x.Key)
			if text := x.String(); strings.Contains(text, "canary") {
				t.Errorf("a secret is in the report: %s", text)
			}
		}
		if got := strings.Join(keys, " "); got != "cache db host token" || r.Version != 2 {
			t.Errorf("the keys are %q, version %d", got, r.Version)
		}
		dead, shadowed := r.UnusedKeys(), r.ShadowedKeys()
		if len(dead) != 1 || dead[0].Key != "host" {
			t.Errorf("dead are %+v, want host, which no field has", dead)
		}
		if len(shadowed) != 1 || shadowed[0].Key != "cache" || shadowed[0].LayerValues[0].Value != `"higher"` || shadowed[0].LayerValues[1].Value != `"low"` {
			t.Fatalf("shadowed are %+v, want cache, of which low speaks in vain", shadowed)
		}
		if claims := shadowed[0].LayerValues; claims[0].Since.Sub(began) < time.Minute || !claims[1].Since.Equal(began) {
			t.Errorf("the winner is live since %v, the loser since %v", claims[0].Since.Sub(began), claims[1].Since.Sub(began))
		}
	})
}

func TestCheck(t *testing.T) {
	good, bad := memoryLayer("good.yaml", "server: {addr: ':1'}\npool: 3"), memoryLayer("bad.yaml", "pool: 101\nserver: {adr: x}")
	if _, err := nacre.Check[guardConfig](t.Context(), good); err != nil {
		t.Errorf("a good document: %v", err)
	}
	_, err := nacre.Check[guardConfig](t.Context(), memoryLayer("good.yaml", "pool: 3"), bad)
	if err == nil || !strings.Contains(err.Error(), "bad.yaml:1:7 pool") || !strings.Contains(err.Error(), "did you mean server.addr?") {
		t.Errorf("two mistakes: %v", err)
	}
}
