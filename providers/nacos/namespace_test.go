package nacos_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
)

// spaces is a cluster with a list of namespaces, which is answered as each question's turn says.
type spaces struct {
	*cluster
	mu    sync.Mutex
	asked int
	how   func(turn int) string // "down", "silent" or ""
}

func (s *spaces) Fetch(ctx context.Context, _ nacos.Fetch) (int, []byte, error) {
	s.mu.Lock()
	s.asked++
	how := s.how(s.asked)
	s.mu.Unlock()
	switch how {
	case "down":
		return 503, nil, nil
	case "silent":
		<-ctx.Done()
		return 0, nil, ctx.Err()
	case "forbidden":
		return 403, nil, nil
	}
	return 200, []byte(`{"code":200,"data":[{"namespace":"","namespaceShowName":"public"},{"namespace":"8d6c","namespaceShowName":"dev"}]}`), nil
}

// Whoever names a namespace by its name is told so, also when the list of namespaces could not be
// had at first, or later can be had no longer. A user who may not see it asks no more.
func TestNamespaceIsLookedFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		how     func(turn int) string
		missing bool
		most    int
	}{
		"not at first": {func(turn int) string {
			if turn < 4 {
				return "down"
			}
			return ""
		}, true, 70},
		"no longer": {func(turn int) string {
			if turn > 1 {
				return "silent"
			}
			return ""
		}, true, 70},
		"forbidden": {func(int) string { return "forbidden" }, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &spaces{cluster: newCluster(), how: tc.how}
				c, err := nacos.NewClientVia(f, nacos.Config{Servers: []string{"a:8848"}, Namespace: "dev"})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				follow(t, c.Config("x.yaml")).trouble()
				for range 6 {
					time.Sleep(10 * time.Minute)
					content, err := c.Config("x.yaml").Next(t.Context(), "")
					if err == nil {
						err = content.Documents[0].AbsentErr
					}
					if errors.Is(err, nacos.NamespaceNotFound) != tc.missing {
						t.Errorf("a config of a namespace that is given by its name is told as %v", err)
					}
				}
				if f.asked > tc.most {
					t.Errorf("the list of namespaces was asked for %d times in an hour", f.asked)
				}
			})
		})
	}
}
