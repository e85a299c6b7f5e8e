package nacre_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// reloadSection has the 20 keys of one of many sections.
type reloadSection struct {
	Name     string  `config:"name" validate:"required"`
	Host     string  `config:"host" validate:"required,hostname"`
	Path     string  `config:"path" validate:"required,startswith=/"`
	Mode     string  `config:"mode" validate:"oneof=fast safe"`
	Port     int     `config:"port" validate:"min=1,max=65535"`
	Pool     int     `config:"pool" validate:"min=1"`
	Idle     int     `config:"idle" validate:"min=0"`
	Retries  int     `config:"retries" validate:"min=0,max=10"`
	Weight   int     `config:"weight"`
	Limit    int     `config:"limit"`
	Rate     float64 `config:"rate" validate:"min=0"`
	Ratio    float64 `config:"ratio"`
	Enabled  bool    `config:"enabled"`
	Verbose  bool    `config:"verbose"`
	Cached   bool    `config:"cached"`
	Region   string  `config:"region"`
	Zone     string  `config:"zone"`
	Owner    string  `config:"owner"`
	Comment  string  `config:"comment"`
	Priority int     `config:"priority"`
}

type reloadConfig struct {
	N        int                      `config:"n"`
	Sections map[string]reloadSection `config:"sections" validate:"dive"`
}

// reloadSections is the text of sections, of which one has a changed port.
func reloadSections(b *bytes.Buffer, from, to, changed, port int) {
	b.WriteString("sections:\n")
	for s := from; s < to; s++ {
		p := 8000
		if s == changed {
			p = port
		}
		fmt.Fprintf(b, `  section%[1]d:
    name: section-%[1]d
    host: host-%[1]d.example.com
    path: /var/lib/section
    mode: fast
    port: %[2]d
    pool: 1%[1]d
    idle: 10
    retries: 3
    weight: 100
    limit: 5000
    rate: 0.5
    ratio: 1.25
    enabled: true
    verbose: false
    cached: true
    region: north
    zone: north-1
    owner: payments
    comment: what the section is for
    priority: 7
`, s, p)
	}
}

// BenchmarkReload measures a change from the source to the live version, with everything that
// protects the service: digest, decoding, merge, validation, change guard, sums and history.
// Compare the sub-benchmarks of one run.
func BenchmarkReload(b *testing.B) {
	for _, keys := range []int{200, 2000, 20000} {
		sections := keys / 20
		text := func(n, changed, port int, comment string) []byte {
			var t bytes.Buffer
			fmt.Fprintf(&t, "n: %d\n%s", n, comment)
			reloadSections(&t, 0, sections, changed, port)
			return t.Bytes()
		}
		everything := func(n int) []byte {
			return bytes.ReplaceAll(text(n, 0, 80, ""), []byte("limit: 5000"), []byte("limit: "+strconv.Itoa(n)))
		}
		for name, of := range map[string]func(n int) []byte{
			"whole":   everything,
			"first":   func(n int) []byte { return text(n, -1, 80, "") },
			"middle":  func(n int) []byte { return text(0, sections/2, n%60000+1, "") },
			"last":    func(n int) []byte { return text(0, sections-1, n%60000+1, "") },
			"line":    func(n int) []byte { return text(n, -1, 80, "# a line\n"[:9*(n%2)]) },
			"comment": func(n int) []byte { return text(0, -1, 80, "# "+strconv.Itoa(n)+"\n") },
		} {
			b.Run(fmt.Sprintf("document/%d/%s", keys, name), func(b *testing.B) {
				m := memory.New("config.yaml", of(1))
				reload(b, m, func(n int) []byte { return of(n + 1) }, m)
			})
		}
	}
	for _, n := range []int{200, 1000} {
		b.Run(fmt.Sprintf("%d-layers", n), func(b *testing.B) {
			layers := make([]*memory.Source, n)
			sources := make([]source.Source, n)
			part := func(i, port int) []byte {
				var t bytes.Buffer
				reloadSections(&t, i, i+1, i, port)
				return t.Bytes()
			}
			for i := range layers {
				layers[i] = memory.New(fmt.Sprintf("part-%d.yaml", i), part(i, 80))
				sources[i] = layers[i]
			}
			reload(b, layers[n/2], func(k int) []byte { return part(n/2, k%60000+1) }, sources...)
		})
	}
}

// reload opens a config and measures how long it takes until the n-th text of one source is live,
// or accepted without a change.
func reload(b *testing.B, changing *memory.Source, text func(n int) []byte, sources ...source.Source) {
	done := make(chan struct{}, 1)
	decided := func(e observe.Event) {
		switch {
		case e.Kind == observe.Applied && e.Version > 1, e.Kind == observe.Unchanged:
			done <- struct{}{}
		case e.Kind == observe.Rejected, e.Kind == observe.Held:
			b.Error(e)
			done <- struct{}{}
		}
	}
	cfg, err := nacre.OpenWith[reloadConfig](b.Context(), nacre.Options{
		Logger: slog.New(slog.DiscardHandler), Window: nacre.Off, LastKnownGoodDisabled: true,
		Observers: []observe.Observer{decided},
	}, sources...)
	if err != nil {
		b.Fatal(err)
	}
	defer cfg.Close()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		b.StopTimer()
		next := text(n)
		b.StartTimer()
		changing.Set(next)
		<-done
	}
}

// BenchmarkHistory measures the memory of a config of 20 000 keys after 25 changes, beside that of
// a config that was just opened: of one key each time, and of all.
func BenchmarkHistory(b *testing.B) {
	live := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	text := func(n, changed int) []byte {
		var t bytes.Buffer
		reloadSections(&t, 0, 1000, changed, n+1)
		return t.Bytes()
	}
	for name, of := range map[string]func(n int) []byte{
		"one": func(n int) []byte { return text(n, 500) },
		"all": func(n int) []byte {
			return bytes.ReplaceAll(text(n, -1), []byte("section-"), []byte("section-"+strconv.Itoa(n)+"-"))
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				before := live()
				m := memory.New("config.yaml", of(0))
				applied := make(chan struct{}, 1)
				cfg, err := nacre.OpenWith[reloadConfig](b.Context(), nacre.Options{
					Logger: slog.New(slog.DiscardHandler), Window: nacre.Off, LastKnownGoodDisabled: true,
					Observers: []observe.Observer{func(e observe.Event) {
						if e.Kind == observe.Applied && e.Version > 1 {
							applied <- struct{}{}
						}
					}},
				}, m)
				if err != nil {
					b.Fatal(err)
				}
				opened := live() - before
				for n := range 25 {
					m.Set(of(n + 1))
					<-applied
				}
				b.ReportMetric(opened/1e6, "opened-MB")
				b.ReportMetric((live()-before)/opened, "x-opened")
				_ = cfg.Close()
			}
		})
	}
}
