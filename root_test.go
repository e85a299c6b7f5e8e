package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/source"
)

// pool is a library's constructor, which does not know the type of the service.
func pool(ctx context.Context, cfg nacre.Root, key string) (*nacre.Config[redisConfig], error) {
	return nacre.Section[redisConfig](ctx, cfg, key)
}

func TestASectionOfAnyConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, _ := open[appConfig](t, reserving("redis", "outer"), "n: 1\nredis: {addr: 'r1:6379'}\nouter: {inner: {addr: 'r2:6379'}}")
		defer cfg.Close()
		outer := section[struct {
			Inner redisConfig `config:"inner"`
		}](t, cfg, "outer")
		for _, test := range []struct {
			root      nacre.Root
			key, want string
		}{{cfg, "redis", "r1:6379"}, {outer, "inner", "r2:6379"}} {
			if own, err := pool(t.Context(), test.root, test.key); err != nil || own.Get().Addr != test.want {
				t.Errorf("%s: %v", test.key, err)
			}
		}
		for name, root := range map[string]nacre.Root{"nil": nil, "a nil config": (*nacre.Config[appConfig])(nil), "the zero config": &nacre.Config[appConfig]{}} {
			if _, err := pool(t.Context(), root, "redis"); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "not open") {
				t.Errorf("a section of %s: %v, want an error of kind InvalidArgument", name, err)
			}
		}
	})
}

// A section whose key no type has and nobody declared is an error at once, not only when the key is
// published.
func TestASectionIsDeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type inner struct {
			A int `config:"a"`
		}
		o := reserving("reserved")
		o.Sections = append(o.Sections, nacre.DeclareSection[inner]("plugins.audit"))
		cfg, m := open[struct {
			Field  inner            `config:"field"`
			Any    any              `config:"any"`
			Map    map[string]inner `config:"map"`
			Hosts  []inner          `config:"hosts"`
			Nested struct {
				Field inner `config:"field"`
			} `config:"nested"`
		}](t, o, "field: {a: 1}")
		defer cfg.Close()
		for _, key := range []string{"nested.other", "field.b"} {
			_, err := nacre.Section[inner](t.Context(), cfg, key)
			if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "bind section "+key+": invalid argument: key is not declared") ||
				!strings.Contains(err.Error(), "ReserveSection") {
				t.Errorf("section %s, which nothing declares: %v, want an error of kind InvalidArgument with the fix", key, err)
			}
		}
		for _, key := range []string{"field", "any", "any.x.y", "map", "map.x", "nested", "nested.field", "reserved", "reserved.x.y", "plugins.audit"} {
			if s, err := nacre.Section[inner](t.Context(), cfg, key); err != nil && strings.Contains(err.Error(), "not declared") {
				t.Errorf("section %s: %v", key, err)
			} else if err == nil && s.Close() != nil {
				t.Errorf("section %s does not close", key)
			}
		}
		m.Set([]byte("field: {a: 2}"))
		settle()
		if cfg.Get().Field.A != 2 {
			t.Error("after sections that were refused, the config does not change any more")
		}
	})
}

func TestAnUndeclaredKeyAtTheRoot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[redisConfig]("plugins.redis")}
		cfg, _ := open[appConfig](t, o, "n: 1\nplugins: {redis: {addr: 'r1:6379'}}")
		defer cfg.Close()
		for _, key := range []string{"redis", "plugins", "plugins.audit"} {
			if _, err := nacre.Section[redisConfig](t.Context(), cfg, key); !errors.Is(err, source.InvalidArgument) {
				t.Errorf("section %s, which nothing declares: %v, want an error of kind InvalidArgument", key, err)
			}
		}
		if s, err := nacre.Section[redisConfig](t.Context(), cfg, "plugins.redis"); err != nil || s.Get().Addr != "r1:6379" {
			t.Errorf("the section that is declared: %v", err)
		}
	})
}

func TestSubscribeVersionsSeesEveryVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type service struct {
			N int `config:"n"`
		}
		cfg, m := open[service](t, reserving("redis"), "n: 1\nredis: {addr: 'r1:6379'}")
		defer cfg.Close()
		redis := section[redisConfig](t, cfg, "redis")
		var whole []nacre.Change[*service]
		var part []nacre.Change[*redisConfig]
		sub, err := nacre.SubscribeVersions(cfg, func(_ context.Context, ch nacre.Change[*service]) error {
			whole = append(whole, ch)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = nacre.SubscribeVersions(redis, func(_ context.Context, ch nacre.Change[*redisConfig]) error {
			part = append(part, ch)
			return nil
		}, nacre.WithName("part"), nacre.InitialCall())
		if err != nil {
			t.Fatal(err)
		}
		settle()
		m.Set([]byte("n: 1\nredis: {addr: 'r2:6379'}")) // not a change of service
		settle()
		m.Set([]byte("n: 2\nredis: {addr: 'r2:6379'}"))
		settle()
		m.Set([]byte("# a comment\nn: 2\nredis: {addr: 'r2:6379'}")) // not a version
		settle()
		if len(whole) != 2 || whole[0].Old.N != 1 || whole[0].New.N != 1 || whole[0].Version != 2 || whole[1].Old != whole[0].New || whole[1].New != cfg.Get() {
			t.Errorf("the subscriber saw %+v, want versions 2 and 3", whole)
		}
		if len(part) != 3 || part[0].Old != nil || part[0].Version != 1 || part[2].New.Addr != "r2:6379" || part[2].Version != 3 {
			t.Errorf("the subscriber of the section saw %+v, want versions 1 to 3", part)
		}
		if s := cfg.Health().Subscribers; len(s) != 2 || !strings.HasPrefix(s[0].Name, "root_test.go:") || s[1].Name != "part" {
			t.Errorf("the subscribers are %+v", s)
		}
		sub.Stop()
		<-sub.Done()
	})
}
