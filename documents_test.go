package nacre_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// The documents that kitex reads from a config center: one for each kind of policy, with a map from
// methods to policies, or one policy.
type kitexConfig struct {
	Kitex struct {
		Timeout map[string]struct {
			Conn int `config:"conn_timeout_ms"`
			RPC  int `config:"rpc_timeout_ms"`
		} `config:"timeout"`
		Retry map[string]struct {
			Enable  bool        `config:"enable"`
			Type    int         `config:"type"`
			Failure *kitexRetry `config:"failure_policy"`
			Backup  *kitexRetry `config:"backup_policy"`
		} `config:"retry"`
		Break map[string]struct {
			Enable    bool    `config:"enable"`
			Rate      float64 `config:"err_rate" validate:"gte=0,lte=1"`
			MinSample int64   `config:"min_sample"`
		} `config:"break"`
		Limit struct {
			Connections int `config:"connection_limit"`
			QPS         int `config:"qps_limit"`
		} `config:"limit"`
	} `config:"kitex"`
}

type kitexRetry struct {
	DelayMS  int  `config:"retry_delay_ms"`
	SameNode bool `config:"retry_same_node"`
	Stop     struct {
		Times    int `config:"max_retry_times"`
		Duration int `config:"max_duration_ms"`
		Breaker  struct {
			Rate float64 `config:"error_rate"`
		} `config:"cb_policy"`
	} `config:"stop_policy"`
}

const (
	kitexTimeouts = `{"*": {"conn_timeout_ms": 50, "rpc_timeout_ms": 1000}, "Pay": {"conn_timeout_ms": 80, "rpc_timeout_ms": 2500}}`
	kitexRetries  = `{
  "*": {"enable": true, "type": 0, "failure_policy": {
    "stop_policy": {"max_retry_times": 2, "max_duration_ms": 900, "cb_policy": {"error_rate": 0.1}}}},
  "Pay": {"enable": true, "type": 1, "backup_policy": {"retry_delay_ms": 40, "retry_same_node": false,
    "stop_policy": {"max_retry_times": 1, "max_duration_ms": 300, "cb_policy": {"error_rate": 0.2}}}}
}`
	kitexBreaks = `{"Pay": {"enable": true, "err_rate": 0.4, "min_sample": 50}}`
	kitexLimits = `{"connection_limit": 300, "qps_limit": 5000}`
)

func doc(name, text string) *memory.Source { return memory.New(name, []byte(text)) }

func kitexLayers() []source.Source {
	return []source.Source{
		nacre.Under("kitex.timeout", doc("client.server.rpc_timeout.json", kitexTimeouts)),
		nacre.Under("kitex.retry", doc("client.server.retry.json", kitexRetries)),
		nacre.Under("kitex.break", doc("client.server.circuit_break.json", kitexBreaks)),
		nacre.Under("kitex.limit", doc("server.limit.json", kitexLimits)),
	}
}

func TestTheDocumentsOfKitex(t *testing.T) {
	t.Parallel()
	layers := append(kitexLayers(), env.New("APP", env.Environ(func() []string { return []string{"APP_KITEX_LIMIT_QPS_LIMIT=9"} })))
	cfg, err := nacre.OpenWith[kitexConfig](t.Context(), quietly(), layers...)
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	k := cfg.Get().Kitex
	if k.Timeout["Pay"].RPC != 2500 || k.Retry["*"].Failure.Stop.Times != 2 || k.Retry["Pay"].Backup.DelayMS != 40 || k.Retry["Pay"].Failure != nil ||
		k.Break["Pay"].Rate != 0.4 || k.Limit.Connections != 300 || k.Limit.QPS != 9 {
		t.Errorf("the policies are %+v", k)
	}
	x, err := cfg.Explain("kitex.retry.Pay.backup_policy.stop_policy.max_retry_times")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := x.String(), "kitex.retry.Pay.backup_policy.stop_policy.max_retry_times = 1   client.server.retry.json:5:40\n"; got != want {
		t.Errorf("Explain says %q, want the key of the config and the line of the document: %q", got, want)
	}
	if _, err := nacre.CheckWith[kitexConfig](t.Context(), quietly(), nacre.Under("kitex.break", doc("b.json", "{\n \"Pay\": {\"err_rat\": 0.4}}"))); err == nil ||
		err.Error() != "b.json:2:10 kitex.break.Pay.err_rat: unknown key, did you mean kitex.break.Pay.err_rate?" {
		t.Errorf("a misspelling below a key: %v", err)
	}
	if _, err := nacre.CheckWith[kitexConfig](t.Context(), quietly(), nacre.Under("kitex.break", doc("b.json", `{"Pay": {"err_rate": 1.4}}`))); err == nil ||
		err.Error() != "b.json:1:22 kitex.break.Pay.err_rate: must be at most 1" {
		t.Errorf("a broken rule below a key: %v", err)
	}
}

func quietly() nacre.Options {
	o := quiet
	o.LastKnownGoodDisabled, o.Window = true, nacre.Off
	return o
}

// The documents of Sentinel are JSON lists of rules.
type sentinelConfig struct {
	Sentinel struct {
		Flow []struct {
			Resource   string  `config:"resource" validate:"required"`
			Strategy   int     `config:"tokenCalculateStrategy"`
			Behavior   int     `config:"controlBehavior"`
			Threshold  float64 `config:"threshold"`
			IntervalMS int     `config:"statIntervalInMs"`
		} `config:"flow"`
		Degrade []struct {
			Resource   string  `config:"resource"`
			Strategy   int     `config:"strategy"`
			RetryMS    int     `config:"retryTimeoutMs"`
			MinAmount  int     `config:"minRequestAmount"`
			IntervalMS int     `config:"statIntervalMs"`
			MaxRTMS    int     `config:"maxAllowedRtMs"`
			Threshold  float64 `config:"threshold"`
		} `config:"degrade"`
		System []struct {
			Metric   int     `config:"metricType"`
			Trigger  float64 `config:"triggerCount"`
			Strategy int     `config:"strategy"`
		} `config:"system" merge:"append"`
	} `config:"sentinel"`
}

func TestTheDocumentsOfSentinel(t *testing.T) {
	t.Parallel()
	flow := doc("orders-flow-rules.json", `[
  {"resource": "GET:/orders", "tokenCalculateStrategy": 0, "controlBehavior": 1, "threshold": 200, "statIntervalInMs": 1000},
  {"resource": "GET:/items", "tokenCalculateStrategy": 0, "controlBehavior": 0, "threshold": 0.5, "statIntervalInMs": 60000}
]`)
	degrade := doc("orders-circuitbreaker-rules", `[{"resource": "pay", "strategy": 0, "retryTimeoutMs": 4000, "minRequestAmount": 20, "statIntervalMs": 8000, "maxAllowedRtMs": 70, "threshold": 0.6}]`)
	system := doc("orders-system-rules.json", `[{"metricType": 4, "triggerCount": 0.8, "strategy": 1}]`)
	more := doc("extra-system-rules.yaml", "- {metricType: 3, triggerCount: 100}\n")
	cfg, err := nacre.OpenWith[sentinelConfig](t.Context(), quietly(), nacre.Under("sentinel.flow", flow), nacre.Under("sentinel.degrade", degrade),
		nacre.Under("sentinel.system", system), nacre.Under("sentinel.system", more))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	s := cfg.Get().Sentinel
	if len(s.Flow) != 2 || s.Flow[1].Threshold != 0.5 || s.Degrade[0].MaxRTMS != 70 || len(s.System) != 2 || s.System[1].Metric != 3 {
		t.Errorf("the rules are %+v", s)
	}
	if x, err := cfg.Explain("sentinel.system[1].triggerCount"); err != nil || x.String() != "sentinel.system[1].triggerCount = 100   extra-system-rules.yaml:1:33\n" {
		t.Errorf("Explain says %v, %v", x, err)
	}
	_, err = nacre.CheckWith[sentinelConfig](t.Context(), quietly(), nacre.Under("sentinel.flow", doc("f.json", "[\n  {\"threshold\": \"many\"}]")))
	if err == nil || !strings.Contains(err.Error(), "f.json:2:17 sentinel.flow[0].threshold: must be a number, not a string") {
		t.Errorf("a wrong type in a rule: %v", err)
	}
	_, err = nacre.CheckWith[sentinelConfig](t.Context(), quietly(), doc("f.json", "[]"))
	if err == nil || err.Error() != "f.json:1:1: is a list, not a map of keys; nacre.Under puts a document under a key" {
		t.Errorf("a list without Under: %v", err)
	}
}

type textsConfig struct {
	TLS struct {
		Cert string       `config:"cert"`
		CA   []byte       `config:"ca"`
		Key  nacre.Secret `config:"key"`
	} `config:"tls"`
	Blocked []string       `config:"blocked"`
	Token   nacre.Secret   `config:"token"`
	Limits  map[string]int `config:"limits"`
}

const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

func TestDocumentsOfText(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cfg, err := nacre.OpenWith[textsConfig](t.Context(), quietly(),
		nacre.Under("tls.cert", file.New(put("tls.crt", pem))), nacre.Under("tls.ca", file.New(put("ca.pem", pem))), nacre.Under("tls.key", file.New(put("tls.key", "s3cret\n"))),
		nacre.Under("blocked", file.New(put("blocked.txt", "# spam\n10.0.0.1\n10.0.0.2\n"))), nacre.Under("token", file.New(put("token", "s3cret-t\r\n"), file.Format(source.FormatText))))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	c := cfg.Get()
	if c.TLS.Cert != strings.TrimSuffix(pem, "\n") || string(c.TLS.CA) != c.TLS.Cert || c.TLS.Key.Reveal() != "s3cret" || c.Token.Reveal() != "s3cret-t" {
		t.Errorf("the texts are %q", c.TLS.Cert)
	}
	if got := fmt.Sprint(c.Blocked); got != "[10.0.0.1 10.0.0.2]" {
		t.Errorf("the lines are %s", got)
	}
	for _, x := range cfg.ExplainAll().Keys {
		if strings.Contains(x.String(), "s3cret") {
			t.Errorf("a secret text is shown: %s", x)
		}
	}
	for want, s := range map[string]source.Source{
		"is plain text, not a map of keys; nacre.Under puts a document under a key": file.New(filepath.Join(dir, "ca.pem")),
		"tls: must be a map": nacre.Under("tls", file.New(filepath.Join(dir, "ca.pem"))),
	} {
		if _, err := nacre.CheckWith[textsConfig](t.Context(), quietly(), s); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "MIIB") {
			t.Errorf("text at a wrong place: %v, want %s", err, want)
		}
	}
}

func TestAFolderLeavesTextsOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": "blocked: [x]", "README.txt": "for people", "tls.key": "s3cret"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := nacre.CheckWith[textsConfig](t.Context(), quietly(), file.Dir(dir)); err != nil {
		t.Errorf("a folder with a README is refused: %v", err)
	}
}

func TestWrongUsesOfUnder(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a[0]", "a..b", `a."b`, "[0]"} {
		_, err := nacre.CheckWith[textsConfig](t.Context(), quietly(), nacre.Under(key, doc("a.yaml", "x")))
		if source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "not a path of keys") {
			t.Errorf("Under(%q): %v", key, err)
		}
	}
	_, err := nacre.CheckWith[textsConfig](t.Context(), quietly(), nacre.Layer(nacre.Under("a", doc("m.yaml", "")), nacre.Manifest()))
	if source.KindOf(err) != source.InvalidArgument || !strings.Contains(err.Error(), "is a manifest and is put under a key") {
		t.Errorf("a manifest under a key: %v", err)
	}
	_, err = nacre.CheckWith[textsConfig](t.Context(), quietly(), nacre.Under("tsl.cert", doc("a.txt", "x")))
	if err == nil || !strings.Contains(err.Error(), "did you mean tls") {
		t.Errorf("a key that no field has: %v", err)
	}
}

// Under composes with options and decorators, in any order.
func TestUnderComposes(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(source.Source) source.Source{
		"Under of a Layer": func(s source.Source) source.Source {
			return nacre.Under("limits", nacre.Layer(s, nacre.AllowUnknown()))
		},
		"a Layer of Under": func(s source.Source) source.Source {
			return nacre.Layer(nacre.Under("limits", s), nacre.AllowUnknown())
		},
		"Under of a decorator":           func(s source.Source) source.Source { return nacre.Under("limits", &counts{inner: s}) },
		"a decorator of Under":           func(s source.Source) source.Source { return &counts{inner: nacre.Under("limits", s)} },
		"a Layer of a decorator of both": func(s source.Source) source.Source { return nacre.Layer(&counts{inner: nacre.Under("limits", s)}) },
	} {
		s := remote("limits", "a: 1")
		cfg, err := nacre.OpenWith[textsConfig](t.Context(), quietly(), wrap(s))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if cfg.Get().Limits["a"] != 1 || len(s.Received()) != 1 {
			t.Errorf("%s: the limits are %v, and the source received %v", name, cfg.Get().Limits, s.Received())
		}
		cfg.Close()
	}
	type nested struct {
		A struct {
			B struct {
				C int `config:"c"`
			} `config:"b"`
		} `config:"a"`
	}
	cfg, err := nacre.OpenWith[nested](t.Context(), quietly(), nacre.Under("a", nacre.Under("b", doc("c.yaml", "c: 3"))))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if cfg.Get().A.B.C != 3 {
		t.Errorf("Under of Under: %+v", cfg.Get())
	}
}

// What belongs to a document and not to its keys does not change: digests in manifests, the change
// guard and Approve, the last known good copy, sections.
func TestADocumentUnderAKeyIsADocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held int
		o := nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true, Observers: on(handlers{observe.Held: func(observe.Event) { held++ }})}
		rules := doc("block.txt", "a\nb\nc\nd\ne\nf\n")
		list := func(text string) []byte {
			return manifest.New(fmt.Sprintf("r-%d", len(text)), map[string][]byte{"block.txt": []byte(text)}).YAML()
		}
		release := memory.New("release.yaml", list("a\nb\nc\nd\ne\nf\n"))
		cfg, err := nacre.OpenWith[textsConfig](t.Context(), o, nacre.Under("blocked", rules), nacre.Layer(release, nacre.Manifest()))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		rules.Set([]byte("z\n"))
		settle()
		if len(cfg.Get().Blocked) != 6 {
			t.Error("a document that the manifest does not list with this digest is live")
		}
		release.Set(list("z\n"))
		settle()
		if len(cfg.Get().Blocked) != 6 || held == 0 {
			t.Errorf("five of six lines are lost, and the guard held it %d times", held)
		}
		if _, err := approve(cfg, 0); err != nil {
			t.Fatal(err)
		}
		if got := cfg.Get().Blocked; len(got) != 1 || got[0] != "z" {
			t.Errorf("after Approve, the lines are %v", got)
		}
	})
}

func TestTheLastKnownGoodCopyOfADocumentUnderAKey(t *testing.T) {
	t.Parallel()
	o := quiet
	o.LastKnownGoodDir, o.Window = t.TempDir(), nacre.Off
	s := remote("limits", "a: 1")
	cfg, err := nacre.OpenWith[textsConfig](t.Context(), o, nacre.Under("limits", s))
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Close(); err != nil {
		t.Fatal(err)
	}
	down := remote("limits", "a: 1")
	down.Fail(&source.Error{Kind: source.Unavailable, Op: "read", Document: "server"})
	o.BootTimeout = 200e6
	cfg, err = nacre.OpenWith[textsConfig](t.Context(), o, nacre.Under("limits", down))
	if err != nil {
		t.Fatalf("a service does not start from the copy of a document under a key: %v", err)
	}
	defer cfg.Close()
	if cfg.Get().Limits["a"] != 1 {
		t.Errorf("the limits from the copy are %v", cfg.Get().Limits)
	}
}

func TestASectionFromADocumentUnderItsKey(t *testing.T) {
	t.Parallel()
	type main struct {
		N int `config:"n"`
	}
	type limit struct {
		QPS int `config:"qps_limit"`
		Max int `config:"connection_limit"`
	}
	o := quietly()
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[limit]("kitex.limit")}
	cfg, err := nacre.OpenWith[main](t.Context(), o, doc("a.yaml", "n: 1"), nacre.Under("kitex.limit", doc("limit.json", kitexLimits)))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	s, err := nacre.Section[limit](t.Context(), cfg, "kitex.limit")
	if err != nil || s.Get().QPS != 5000 {
		t.Errorf("the section is %v, %v", s, err)
	}
}

func TestSeveralYAMLDocumentsInOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := doc("a.yaml", "blocked: [x]\nlimits: {a: 1, b: 2}\n---\nlimits: {b: 3}\n")
		if _, err := nacre.CheckWith[textsConfig](t.Context(), quietly(), s); err == nil ||
			!strings.Contains(err.Error(), "a.yaml:4:1: is a second YAML document in one; nacre.MergeYAMLDocuments allows several") {
			t.Errorf("two YAML documents without the option: %v", err)
		}
		cfg, err := nacre.OpenWith[textsConfig](t.Context(), quietly(), nacre.Layer(s, nacre.MergeYAMLDocuments()))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		if got := fmt.Sprint(cfg.Get().Limits, cfg.Get().Blocked); got != "map[a:1 b:3] [x]" {
			t.Errorf("the merge is %s", got)
		}
		if x, err := cfg.Explain("limits.b"); err != nil || x.String() != "limits.b = 3   a.yaml:4:13\n  over 2   a.yaml:2:19\n" {
			t.Errorf("Explain says %v, %v", x, err)
		}
		s.Set([]byte("blocked: [x]\nlimits: {a: 1, b: 2}\n"))
		settle()
		if got := fmt.Sprint(cfg.Get().Limits); got != "map[a:1 b:2]" {
			t.Errorf("without the second YAML document, the limits are %s", got)
		}
		s.Set([]byte("blocked: [x]\nlimits: {a: 1, b: 2}\n---\nlimits: {c1: 1, c2: 1, c3: 1, c4: 1, c5: 1, c6: 1, c7: 1, c8: 1}"))
		settle()
		s.Set([]byte("blocked: [x]\nlimits: {a: 1, b: 2}\n"))
		settle()
		if h := cfg.Health().Layers[0].Held; len(cfg.Get().Limits) != 10 || len(h) != 1 {
			t.Errorf("a second YAML document that disappears with most keys is held for %v; live is %v", h, cfg.Get().Limits)
		}
	})
}
