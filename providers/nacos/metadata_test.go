package nacos_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/source"
)

// undated returns metadata without what a server decides.
func undated(m nacos.Metadata) nacos.Metadata {
	m.Modified, m.MD5 = time.Time{}, ""
	return m
}

// wantMetadata compares all but what a server decides, and checks that too.
func wantMetadata(t *testing.T, c *nacos.Client, id, content string, want nacos.Metadata) {
	t.Helper()
	if isNacos3(t) {
		want.Use, want.Effect, want.Schema = "", "", "" // its admin API does not return them
	}
	got, err := c.Metadata(within(t), id)
	if err != nil || !reflect.DeepEqual(undated(got), want) {
		t.Errorf("after %q the metadata are\n %+v, %v, want\n %+v", content, undated(got), err, want)
	}
	if age := time.Since(got.Modified); got.MD5 != sumOf(content) || age < -time.Minute || age > time.Minute {
		t.Errorf("the metadata belong to md5 %s of %v", got.MD5, got.Modified)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		if _, err := c.Metadata(ctx, id); !errors.Is(err, nacos.ConfigNotFound) {
			t.Errorf("metadata of what is not there: %v, want %v", err, nacos.ConfigNotFound)
		}
		publish := func(content string, opts ...nacos.PublishOption) {
			t.Helper()
			if err := c.Publish(ctx, id, []byte(content), opts...); err != nil {
				t.Fatal(err)
			}
		}
		full := nacos.Metadata{
			Description: "Ünïcode, and 'quotes'", Tags: []string{"a", "release=1"}, App: "orders", Type: "json",
			Use: "u", Effect: "e", Schema: `{"type": "object"}`, EncryptedDataKey: "k", User: "kim",
		}
		publish("v: 1", nacos.WithMetadata(full), nacos.Author("kim"))
		wantMetadata(t, c, id, "v: 1", full)

		// Each publish names its own author; a key belongs to one content.
		kept := full
		kept.User, kept.EncryptedDataKey = "", ""
		publish("v: 2", nacos.KeepMetadata())
		wantMetadata(t, c, id, "v: 2", kept)

		kept.Description, kept.Type, kept.Tags, kept.User = "new", "yaml", []string{"b"}, "lee"
		publish("v: 3", nacos.KeepMetadata(), nacos.Description("new"), nacos.Type("yaml"), nacos.Tags("b"), nacos.Author("lee"))
		wantMetadata(t, c, id, "v: 3", kept)

		bare := nacos.Metadata{Type: "yaml", App: "orders", Tags: []string{"b"}}
		publish("v: 4") // what a server clears by itself, and what it keeps
		wantMetadata(t, c, id, "v: 4", bare)

		publish("v: 5", nacos.WithMetadata(nacos.Metadata{}))
		wantMetadata(t, c, id, "v: 5", nacos.Metadata{Type: "yaml"})

		changes, err := c.History(ctx, id, 0)
		if err != nil || len(changes) != 5 || changes[2].User != "lee" || changes[4].User != "kim" || changes[0].User != "" {
			t.Errorf("the history is %+v, %v, want the authors lee and kim", changes, err)
		}
	})
}

// Services read the format of a config without an extension from its type, so that a publish must
// not change it.
func TestPublishKeepsTheType(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		id = strings.TrimSuffix(id, ".yaml")
		t.Cleanup(func() { _ = c.Delete(within(t), id) })
		r := follow(t, c.Config(id))
		for i, step := range []struct {
			content, want string
			opts          []nacos.PublishOption
		}{
			{"v: 1", "text", nil},
			{"v: 2", "yaml", []nacos.PublishOption{nacos.Type("yaml")}},
			{"v: 3", "yaml", nil},
			{"v: 4", "yaml", []nacos.PublishOption{nacos.KeepMetadata()}},
			{"v: 5", "yaml", []nacos.PublishOption{nacos.WithMetadata(nacos.Metadata{Description: "x"})}},
			{"v: 6", "properties", []nacos.PublishOption{nacos.WithMetadata(nacos.Metadata{Type: "properties"})}},
		} {
			if err := c.Publish(ctx, id, []byte(step.content), step.opts...); err != nil {
				t.Fatal(err)
			}
			if i == 0 { // a text is no layer
				for err := r.trouble(); !errors.Is(err, nacos.UnknownFormat); err = r.trouble() { //nolint:revive // it waits
				}
			} else {
				r.until(step.content)
			}
			if item, err := c.Get(ctx, id); err != nil || item.Type != step.want {
				t.Errorf("step %d: the type is %q, %v, want %q: services lose the format of the config", i, item.Type, err, step.want)
			}
		}
	})
}

// What a server refuses without a word in the error is refused before, with the limit.
func TestLimitsOfMetadata(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, c *nacos.Client, id string) {
		t.Helper()
		ctx := within(t)
		long := func(n int) string { return strings.Repeat("ü", n) }
		for _, tc := range []struct {
			name string
			opt  nacos.PublishOption
			want string // of the error; empty: none
		}{
			{"128 characters", nacos.Description(long(128)), ""},
			{"129 characters", nacos.Description(long(129)), "129 characters"},
			{"64 pairs of surrogates", nacos.Description(strings.Repeat("😀", 64)), ""},
			{"65 pairs of surrogates", nacos.Description(strings.Repeat("😀", 65)), "130 characters"},
			{"a tag of 64", nacos.Tags(strings.Repeat("x", 64)), ""},
			{"a tag of 65", nacos.Tags(strings.Repeat("x", 65)), "65 characters"},
			{"five tags", nacos.Tags("a", "b", "c", "d", "e"), ""},
			{"six tags", nacos.Tags("a", "b", "c", "d", "e", "f"), "6 tags"},
			{"use", nacos.WithMetadata(nacos.Metadata{Use: long(33)}), "the use"},
			{"effect", nacos.WithMetadata(nacos.Metadata{Effect: long(33)}), "the effect"},
			{"schema", nacos.WithMetadata(nacos.Metadata{Schema: strings.Repeat("x", 32769)}), "the schema"},
			{"all at their limit", nacos.WithMetadata(nacos.Metadata{Use: long(32), Effect: long(32), Schema: strings.Repeat("x", 32768)}), ""},
		} {
			err := c.Publish(ctx, id, []byte("v: 1"), tc.opt)
			if tc.want == "" && err != nil {
				t.Errorf("%s: %v, and a server accepts it", tc.name, err)
			}
			if tc.want != "" && (!errors.Is(err, nacos.BadRequest) || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			}
		}
	})
}

// Metadata that cannot be read must not be lost: nothing is published.
func TestKeepMetadataOrFail(t *testing.T) {
	t.Parallel()
	onVersions(t, fakenacos.Options{}, keepMetadataOrFail)
}

func keepMetadataOrFail(t *testing.T, srv *fakenacos.Server) {
	c := newClient(t, config(srv))
	ctx := within(t)
	if err := c.Publish(ctx, "x.yaml", []byte("v: 1"), nacos.Description("precious")); err != nil {
		t.Fatal(err)
	}
	srv.Faults().Deny(fakenacos.Always, detailPages...)
	err := c.Publish(ctx, "x.yaml", []byte("v: 2"), nacos.KeepMetadata())
	if source.KindOf(err) != source.PermissionDenied {
		t.Errorf("publish without the right to read metadata: %v, want %v", err, source.PermissionDenied)
	}
	if text, _ := srv.Get("", group, "x.yaml"); text != "v: 1" {
		t.Errorf("the content is %q although the metadata would be lost", text)
	}
	if err := c.Publish(ctx, "x.yaml", []byte("v: 3"), nacos.WithMetadata(nacos.Metadata{Description: "known"})); err != nil {
		t.Errorf("publish with metadata that are known: %v", err)
	}
}

// What needs more than the rights of gRPC says which right it is.
func TestConsoleNamesTheRight(t *testing.T) {
	t.Parallel()
	grants := []fakenacos.Grant{{Namespace: "dev", Read: true, Write: true}}
	onVersions(t, fakenacos.Options{Users: []fakenacos.User{{Name: "app", Password: "s3cret", Grants: grants}}}, consoleNamesTheRight)
}

func consoleNamesTheRight(t *testing.T, srv *fakenacos.Server) {
	listener := "READ, Listener"
	if isNacos3(t) {
		listener = "WRITE, Listener"
	}
	cfg := config(srv)
	cfg.Username, cfg.Password, cfg.Namespace = "app", nacos.NewPassword("s3cret"), "dev"
	good := newClient(t, cfg)
	if err := good.Publish(within(t), "x.yaml", []byte("v: 1"), nacos.KeepMetadata()); err != nil {
		t.Errorf("with the rights: %v", err)
	}
	cfg.Namespace = "prod"
	c := newClient(t, cfg)
	for name, call := range map[string]func() error{
		"READ, List":     func() error { return second(c.List(within(t), "*")) },
		"READ, Metadata": func() error { return second(c.Metadata(within(t), "x.yaml")) },
		"READ, History":  func() error { return second(c.History(within(t), "x.yaml", 0)) },
		"WRITE, Delete":  func() error { return c.Delete(within(t), "x.yaml", nacos.BetaIPs()) },
		listener:         func() error { return second(c.Listeners(within(t), "x.yaml")) },
	} {
		right, _, _ := strings.Cut(name, ",")
		err := call()
		var e *source.Error
		if !errors.Is(err, nacos.PermissionDenied) || !errors.As(err, &e) || !strings.Contains(err.Error(), right) || !strings.Contains(e.Fix, "ROLE_ADMIN") {
			t.Errorf("%s: %v, want the right", name, err)
		}
	}
}

// A Nacos 3 has the same fields at another path, and fewer.
func TestMetadataOfNacos3(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	answer := `{"code":0,"message":"success","data":{"id":"7","namespaceId":"public","groupName":"DEFAULT_GROUP","dataId":"x.yaml","md5":"abc","type":"yaml","appName":"orders","createTime":1700000000000,"modifyTime":1700000000123,"content":"v: 1","desc":"D","encryptedDataKey":"","createUser":"kim","createIp":"192.0.2.1","configTags":"a,b"}}`
	status := http.StatusOK
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/nacos/v3/admin/cs/config" || q.Get("namespaceId") != "public" || q.Get("groupName") != group || q.Get("dataId") != "x.yaml" {
			w.WriteHeader(http.StatusGone)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(web.Close)
	c := dialConsole(t, config(srv), web.URL)
	got, err := c.Metadata(within(t), "x.yaml")
	want := nacos.Metadata{Description: "D", Tags: []string{"a", "b"}, App: "orders", Type: "yaml", User: "kim", MD5: "abc", Modified: time.UnixMilli(1700000000123)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Metadata returned %+v, %v, want %+v", got, err, want)
	}
	status, answer = http.StatusNotFound, `{"code":20004,"message":"resource not found","data":"Config not exist, please publish Config first."}`
	if _, err := c.Metadata(within(t), "x.yaml"); !errors.Is(err, nacos.ConfigNotFound) {
		t.Errorf("metadata of what is not there: %v, want %v", err, nacos.ConfigNotFound)
	}
	status, answer = http.StatusForbidden, `{"timestamp":"x","status":403,"error":"Forbidden"}`
	if _, err := c.Metadata(within(t), "x.yaml"); source.KindOf(err) != source.PermissionDenied {
		t.Errorf("metadata without the right: %v", err)
	}
	status, answer = http.StatusOK, `{"code":0,"data":[]}`
	if _, err := c.Metadata(within(t), "x.yaml"); !errors.Is(err, nacos.BadResponse) {
		t.Errorf("metadata from another service: %v, want %v", err, nacos.BadResponse)
	}
}
