package nacos_test

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
)

// torrent is a Nacos that can say more than anybody wants to hear, as fast as it is taken.
type torrent struct {
	flooding atomic.Bool
	units    atomic.Int64 // of the flood, that were sent
	content  atomic.Value // of all configs; a string

	answer func(tr *torrent, w io.Writer, typ string) bool // while it floods; false: as ever
	push   func(tr *torrent, w io.Writer) error            // the same on the stream, again and again
}

// start returns the address of the server.
func (tr *torrent) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: tr, Protocols: new(http.Protocols), ReadHeaderTimeout: time.Minute}
	srv.Protocols.SetUnencryptedHTTP2(true)
	var wg sync.WaitGroup
	wg.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() { srv.Close(); wg.Wait() })
	return fmt.Sprintf("127.0.0.1:1?grpc=%d", l.Addr().(*net.TCPAddr).Port)
}

func (tr *torrent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	out := flushed{w, http.NewResponseController(w)}
	if strings.HasPrefix(r.URL.Path, "/BiRequestStream") {
		go func() { _, _ = io.Copy(io.Discard, r.Body) }() // set-up and acknowledgements
		_, _ = out.Write(nil)
		for r.Context().Err() == nil {
			if !tr.flooding.Load() || tr.push == nil {
				select {
				case <-r.Context().Done():
				case <-time.After(10 * time.Millisecond):
				}
			} else if tr.push(tr, out) != nil {
				return
			}
		}
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil || len(b) < 5 {
		return
	}
	typ, _, _, asked, _ := nacos.DecodePayload(b[5:])
	if !tr.flooding.Load() || tr.answer == nil || !tr.answer(tr, out, typ) {
		text := tr.content.Load().(string)
		sum := md5.Sum([]byte(text))
		content, _ := json.Marshal(text)
		var listen struct {
			Contexts []struct {
				DataID string `json:"dataId"`
				Group  string `json:"group"`
				MD5    string `json:"md5"`
			} `json:"configListenContexts"`
		}
		_ = json.Unmarshal(asked, &listen)
		for i := range listen.Contexts {
			if listen.Contexts[i].MD5 == hex.EncodeToString(sum[:]) {
				listen.Contexts[i].DataID = "not this one"
			}
		}
		changed, _ := json.Marshal(listen.Contexts)
		writeMessage(out, strings.Replace(strings.TrimSuffix(typ, "Request")+"Response", "ConfigBatchListen", "ConfigChangeBatchListen", 1), fmt.Appendf(nil,
			`{"resultCode":200,"content":%s,"md5":%q,"lastModified":%d,"changedConfigs":%s}`, content, hex.EncodeToString(sum[:]), time.Now().UnixMilli(), changed))
	}
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
}

type flushed struct {
	http.ResponseWriter
	c *http.ResponseController
}

func (f flushed) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}

func writeMessage(w io.Writer, typ string, body []byte) error {
	head := nacos.EncodeHead(typ, body)
	_, err := w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(head)+len(body))), head...)) //nolint:gosec // small
	if err == nil {
		_, err = w.Write(body)
	}
	return err
}

// blanks are much of nothing, in one place.
var blanks = []byte(strings.Repeat(" ", 1<<20))

// What a server here sends is made once, so that what is measured is the session's.
var (
	noBody     = sync.OnceValue(func() []byte { return make([]byte, 66<<20) })
	allChanged = sync.OnceValue(func() []byte {
		return []byte(`{"resultCode":200,"changedConfigs":[{}` + strings.Repeat(",{}", 20<<20) + `]}`)
	})
)

// writeLong writes a message whose body begins so, goes on with blanks, and ends so.
func writeLong(w io.Writer, typ string, begin string, mib int, end string) error {
	size := len(begin) + mib<<20 + len(end)
	head := nacos.EncodeHead(typ, noBody()[:size])
	_, err := w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(head)+size)), head...)) //nolint:gosec // 64 MiB
	parts := [][]byte{[]byte(begin)}
	for range mib {
		parts = append(parts, blanks)
	}
	for _, b := range append(parts, []byte(end)) {
		if err == nil {
			_, err = w.Write(b)
		}
	}
	return err
}

// live is the heap that is in use, in MiB.
func live() int {
	runtime.GC()
	// What the collection has found in use, without what a flood allocates before this line runs.
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64() >> 20) //nolint:gosec // a size
}

// However much a server says, and however long, the session holds a bounded part of it, and is well
// when it is over. It measures the memory of the process, and so is not parallel. A reduced run has
// a fifth of each flood.
func TestFloodsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves gigabytes over loopback")
	}
	notify := func(w io.Writer, id string) error {
		return writeMessage(w, "ConfigChangeNotifyRequest", fmt.Appendf(nil, `{"requestId":"1","dataId":%q,"group":"DEFAULT_GROUP"}`, id))
	}
	count := func(tr *torrent, err error) error { tr.units.Add(1); return err }
	query := func(do func(io.Writer) error) func(*torrent, io.Writer, string) bool {
		return func(tr *torrent, w io.Writer, typ string) bool {
			if typ != "ConfigQueryRequest" {
				return false
			}
			_ = count(tr, do(w))
			return true
		}
	}
	_, _ = noBody(), allChanged()
	large := testrun.Count(60, 15) // MiB; a session may hold what one such answer costs, 320 MiB for one of 60
	const ask = 4                  // configs that are pushed all the time, so that all workers read
	next := new(atomic.Int64)
	pushing := func(_ *torrent, w io.Writer) error {
		<-time.After(time.Millisecond)
		return notify(w, fmt.Sprintf("%d.yaml", next.Add(1)%ask))
	}
	for _, tc := range []struct {
		name   string
		units  int64 // of the flood, until it is over
		most   int   // MiB
		answer func(*torrent, io.Writer, string) bool
		push   func(*torrent, io.Writer) error
	}{
		{"pushes of a key", 5_000, 16, nil, func(tr *torrent, w io.Writer) error { return count(tr, notify(w, "0.yaml")) }},
		{"pushes of keys that nobody has", 5_000, 16, nil, func(tr *torrent, w io.Writer) error {
			return count(tr, notify(w, fmt.Sprint(tr.units.Load())))
		}},
		{"messages that nobody knows", 5_000, 16, nil, func(tr *torrent, w io.Writer) error {
			return count(tr, writeMessage(w, "Flood"+fmt.Sprint(tr.units.Load())+"Request", []byte(`{"requestId":"1"}`)))
		}},
		{"pushes of 60 MiB", 20, 16, nil, func(tr *torrent, w io.Writer) error {
			return count(tr, writeLong(w, "ConfigChangeNotifyRequest", `{"requestId":"1","dataId":"0.yaml","group":"`, 60, `"}`))
		}},
		{"a push that never ends", 20, 16, nil, func(tr *torrent, w io.Writer) error {
			defer tr.units.Add(1)
			_, err := w.Write([]byte{0, 0xff, 0xff, 0xff, 0xff})
			for err == nil && tr.flooding.Load() {
				_, err = w.Write(blanks)
			}
			return err
		}},
		{"large contents with a wrong md5", 4, 16 * large / 3, query(func(w io.Writer) error {
			return writeLong(w, "ConfigQueryResponse", `{"resultCode":200,"md5":"x","content":"`, large, `"}`)
		}), pushing},
		{"large answers that are none", 4, 16 * large / 3, query(func(w io.Writer) error {
			return writeLong(w, "ConfigQueryResponse", "", large, "")
		}), pushing},
		{"answers over the limit", 40, 16, query(func(w io.Writer) error {
			return writeLong(w, "ConfigQueryResponse", `{"content":"`, 65, `"}`)
		}), pushing},
		{"second answers", 40, 24, query(func(w io.Writer) error {
			if err := writeMessage(w, "ConfigQueryResponse", []byte(`{"resultCode":200,"content":"v: 3"}`)); err != nil {
				return err
			}
			return writeLong(w, "ConfigQueryResponse", "", 60, "")
		}), pushing},
		{"listens that change all there is", 20, 48, func(tr *torrent, w io.Writer, typ string) bool {
			if typ != "ConfigBatchListenRequest" {
				return false
			}
			_ = count(tr, writeMessage(w, "ConfigChangeBatchListenResponse", allChanged()))
			return true
		}, nil},
		{"heartbeats that never end", 20, 24, func(tr *torrent, w io.Writer, typ string) bool {
			if typ != "HealthCheckRequest" {
				return false
			}
			_ = count(tr, writeLong(w, "HealthCheckResponse", `{"resultCode":200`, 60, "}"))
			return true
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			units := int64(testrun.Count(int(tc.units), max(2, int(tc.units)/5)))
			tr := &torrent{answer: tc.answer, push: tc.push}
			tr.content.Store("v: 1")
			log := newEvents()
			tune := nacos.Tune(func(t *nacos.Timings) {
				t.SetBeat(50*time.Millisecond, time.Second)
				t.SetReconcile(100 * time.Millisecond)
			})
			c := newClient(t, nacos.Config{Servers: []string{tr.start(t)}}, tune, nacos.OnEvent(func(nacos.Event) {}))
			var readers []*reader
			for i := range ask {
				readers = append(readers, follow(t, c.Config(fmt.Sprintf("%d.yaml", i))))
				readers[i].until("v: 1")
			}
			before, threads := live(), runtime.NumGoroutine()
			tr.flooding.Store(true)
			most, mostThreads := 0, 0
			deadline := time.Now().Add(patience)
			for tr.units.Load() < units {
				most, mostThreads = max(most, live()-before), max(mostThreads, runtime.NumGoroutine()-threads)
				if time.Now().After(deadline) {
					t.Fatalf("within %v only %d of %d went out: %v", 30*time.Second, tr.units.Load(), units, log)
				}
				<-time.After(time.Duration(testrun.Count(5, 50)) * time.Millisecond) // each look collects garbage
			}
			tr.content.Store("v: 2")
			tr.flooding.Store(false)
			for _, r := range readers {
				r.until("v: 2")
			}
			t.Logf("%d MiB, %d goroutines more", most, mostThreads)
			if most > tc.most {
				t.Errorf("the session has held %d MiB, want at most %d", most, tc.most)
			}
			if mostThreads > 100 {
				t.Errorf("there were %d goroutines more than before the flood", mostThreads)
			}
			for after := live() - before; after > 8; after = live() - before { // what is under way ends first
				if time.Now().After(deadline) {
					t.Fatalf("when it is over the session holds %d MiB more than before", after)
				}
				<-time.After(50 * time.Millisecond)
			}
		})
	}
}
