package nacre_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type relaxedConfig struct {
	DataSource struct {
		MaxConns int          `config:"max_conns" default:"10"`
		Password nacre.Secret `config:"pass_word"`
		URL      string       `config:"url" alias:"jdbc_url"`
	} `config:"data_source"`
	Hosts []struct {
		HostName string `config:"host_name"`
		Weight   int    `config:"weight"`
	} `config:"hosts" merge:"key=host_name"`
	Labels map[string]string `config:"labels"`
}

func openRelaxed(t *testing.T, o nacre.Options, layers ...source.Source) (*nacre.Config[relaxedConfig], error) {
	t.Helper()
	o.Logger, o.LastKnownGoodDisabled, o.Window = slog.New(slog.DiscardHandler), true, nacre.Off
	cfg, err := nacre.OpenWith[relaxedConfig](t.Context(), o, layers...)
	if err == nil {
		t.Cleanup(func() { _ = cfg.Close() })
	}
	return cfg, err
}

// TestRelaxedKeysBesideExactOnes holds that a document of a Java service and one with the keys of
// the struct are layers of one config.
func TestRelaxedKeysBesideExactOnes(t *testing.T) {
	t.Parallel()
	cfg, err := openRelaxed(t, nacre.Options{},
		memory.New("base.yaml", []byte("data_source: {max_conns: 1, url: a}\nhosts: [{host_name: a, weight: 1}, {host_name: b, weight: 1}]\nlabels: {appName: x}")),
		nacre.Layer(memory.New("java.yaml", []byte("dataSource:\n  maxConns: 2\n  jdbcUrl: b\n  passWord: s3cret\nhosts: [{hostName: b, weight: 5}]\nlabels: {app-name: y}")), nacre.RelaxedKeys()))
	if err != nil {
		t.Fatal(err)
	}
	c := cfg.Get()
	if c.DataSource.MaxConns != 2 || c.DataSource.URL != "b" || c.DataSource.Password.Reveal() != "s3cret" || len(c.Hosts) != 2 || c.Hosts[1].Weight != 5 ||
		c.Labels["appName"] != "x" || c.Labels["app-name"] != "y" {
		t.Errorf("the config is %+v", c)
	}
	e, err := cfg.Explain("data_source.max_conns")
	if err != nil || len(e.LayerValues) != 2 {
		t.Fatalf("Explain: %v, %v", e, err)
	}
	if v := e.LayerValues[0]; v.Position.String() != "java.yaml:2:13" || v.Key != "dataSource.maxConns" || v.Value != "2" || !v.Effective {
		t.Errorf("the value is explained as %+v; want the place and the spelling of the document", v)
	}
	if e, err := cfg.Explain("data_source.pass_word"); err != nil || strings.Contains(e.String(), "s3cret") {
		t.Errorf("a secret in another spelling is shown: %v, %v", e, err)
	}
	if n := cfg.Health().Layers[1].Deprecated; len(n) != 1 || !strings.Contains(n[0], "dataSource.jdbcUrl") {
		t.Errorf("the reports of old names are %v; another spelling is none, and that of an old name is one", n)
	}
}

func TestRelaxedKeysThatAreWrong(t *testing.T) {
	t.Parallel()
	_, err := openRelaxed(t, nacre.Options{}, nacre.Layer(memory.New("java.yaml", []byte("dataSource:\n  maxConns: many\n  maxCons: 1\n  url: a\n  URL: b\n")), nacre.RelaxedKeys(), nacre.Strict()))
	if err == nil {
		t.Fatal("wrong keys are accepted")
	}
	for want, count := range map[string]int{
		"java.yaml:5:3 dataSource.URL: is another spelling of data_source.url, and dataSource.url is set to another value on line 4": 1,
		"URL": 1,
	} {
		if strings.Count(err.Error(), want) != count {
			t.Errorf("the error has %q not %d times:\n%v", want, count, err)
		}
	}
	_, err = openRelaxed(t, nacre.Options{}, nacre.Layer(memory.New("java.yaml", []byte("dataSource:\n  maxConns: many\n  maxCons: 1\n")), nacre.RelaxedKeys(), nacre.Strict()))
	if err == nil || !strings.Contains(err.Error(), "java.yaml:2:13 data_source.max_conns: must be a whole number") || !strings.Contains(err.Error(), "written as dataSource.maxConns") ||
		!strings.Contains(err.Error(), "java.yaml:3:3 data_source.maxCons: unknown key (written as dataSource.maxCons), did you mean data_source.max_conns?") {
		t.Errorf("the problems of keys in another spelling are %v", err)
	}
	if _, err := openRelaxed(t, nacre.Options{}, nacre.Layer(memory.New("go.yaml", []byte("dataSource: {}")), nacre.Strict())); err == nil {
		t.Error("another spelling is accepted without the option")
	}
}

// TestRelaxedKeysUnderAKeyAndInASection: the option works wherever a struct begins.
func TestRelaxedKeysUnderAKeyAndInASection(t *testing.T) {
	t.Parallel()
	type redis struct {
		PoolSize int `config:"pool_size"`
	}
	cfg, err := openRelaxed(t, nacre.Options{Sections: []nacre.SectionDeclaration{nacre.DeclareSection[redis]("red_is")}},
		nacre.Under("data_source", nacre.Layer(memory.New("ds.properties", []byte("max-conns=3\nMAXCONNS=3\n")), nacre.RelaxedKeys())),
		nacre.Layer(memory.New("redis.yaml", []byte("redIs: {poolSize: 4}")), nacre.RelaxedKeys()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := nacre.Section[redis](t.Context(), cfg, "red_is")
	if err != nil || s.Get().PoolSize != 4 || cfg.Get().DataSource.MaxConns != 3 {
		t.Errorf("the config is %+v, the section %v, %v", cfg.Get(), s, err)
	}
}

func ExampleRelaxedKeys() {
	type Config struct {
		MaxConns int `config:"max_conns"`
	}
	shared := memory.New("orders.yaml", []byte("maxConns: 20")) // in a service: client.Source("orders.yaml")
	cfg, err := nacre.Open[Config](context.Background(), nacre.Layer(shared, nacre.RelaxedKeys()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	explanation, _ := cfg.Explain("max_conns")
	fmt.Println(cfg.Get().MaxConns)
	fmt.Println(explanation)
	// Output:
	// 20
	// max_conns = 20   orders.yaml:1:11 as maxConns
}
