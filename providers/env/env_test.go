package env_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

// read returns what a source makes of an environment.
func read(t *testing.T, s source.Source) (source.Document, []environ.Variable) {
	t.Helper()
	c, err := s.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Documents) != 1 || c.Documents[0].Absent || c.Documents[0].Format != environ.Format {
		t.Fatalf("the content is %+v, want one document of variables", c.Documents)
	}
	vs, ok := environ.Parse(c.Documents[0].Data)
	if !ok {
		t.Fatal("the document cannot be read")
	}
	return c.Documents[0], vs
}

func list(entries ...string) env.Option {
	return env.Environ(func() []string { return entries })
}

// text shows variables as "KEY=value", and what stands in for a file behind it.
func text(vs []environ.Variable) string {
	var parts []string
	for _, v := range vs {
		part := v.Key + "=" + v.Value
		if v.File {
			part = "[" + part + "]"
		}
		if v.Fault != source.Unknown {
			part = "[" + v.Key + ": " + v.Fault.Error() + "]"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func TestNames(t *testing.T) {
	t.Parallel()
	all := list("APP_B=2", "APP_A=1", "APPLE=x", "app_c=3", "APP_=x", "APP=x", "OTHER=o", "=C:=x", "NOVALUE", "APP_A=twice", "APP_D==e=", "APP_EMPTY=", "APP_x.y-Z=ä")
	for _, c := range []struct {
		name, prefix string
		opts         []env.Option
		want         string
	}{
		{"prefix", "APP", nil, "A=1 B=2 D==e= EMPTY= x.y-Z=ä"},
		{"prefix with its underscore", "APP_", nil, "A=1 B=2 D==e= EMPTY= x.y-Z=ä"},
		{"none with the prefix", "NONE", nil, ""},
		{"whole", "", nil, "APP=x APPLE=x APP_=x APP_A=1 APP_B=2 APP_D==e= APP_EMPTY= APP_x.y-Z=ä OTHER=o app_c=3"},
		{"only", "APP", []env.Option{env.Only("APP_A", "APP_D*")}, "A=1 D==e="},
		{"ignore", "APP", []env.Option{env.Ignore("APP_*E*", "*Z")}, "A=1 B=2 D==e="},
		{"only and ignore", "APP", []env.Option{env.Only("APP_A"), env.Only("APP_B"), env.Ignore("*B")}, "A=1"},
		{"only in the middle", "", []env.Option{env.Only("A*L*")}, "APPLE=x"},
		{"only, no star", "", []env.Option{env.Only("APP")}, "APP=x"},
		{"case does not count", "app", []env.Option{env.CaseInsensitive(), env.Ignore("app_x*")}, "A=1 B=2 C=3 D==e= EMPTY="},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, vs := read(t, env.New(c.prefix, append(c.opts, all)...))
			if got := text(vs); got != c.want {
				t.Errorf("read %s\nwant %s", got, c.want)
			}
			if d.AllowUnknown != (c.prefix == "") {
				t.Errorf("AllowUnknown is %v with the prefix %q", d.AllowUnknown, c.prefix)
			}
			for _, v := range vs {
				if !strings.HasSuffix(v.Name, v.Key) {
					t.Errorf("%s is shown as %s", v.Key, v.Name)
				}
			}
		})
	}
	if d, _ := read(t, env.New("APP", env.AllowUnknown(), all)); !d.AllowUnknown {
		t.Error("AllowUnknown has no effect")
	}
	for prefix, want := range map[string]string{"APP": "env(APP_)", "my-app": "env(MY_APP_)", "APP_": "env(APP_)", "": "env"} {
		if got := env.New(prefix).Name(); got != want {
			t.Errorf("the name for prefix %q is %s, want %s", prefix, got, want)
		}
	}
}

func TestProcessEnvironment(t *testing.T) {
	t.Setenv("NACRE_ENV_TEST_A_B", "5")
	if _, vs := read(t, env.New("NACRE_ENV_TEST")); text(vs) != "A_B=5" {
		t.Errorf("read %s, want A_B=5", text(vs))
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]source.Source{
		"prefix with =": env.New("A=B", list()), "prefix with NUL": env.New("A\x00", list()),
		"name with <":    env.New("APP", list("APP_A<B=cAnArY")),
		"value with NUL": env.New("APP", list("APP_A=cAnArY\x00")),
	} {
		_, err := s.Next(t.Context(), "")
		if !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: error is %v, want an invalid argument", name, err)
		} else if strings.Contains(err.Error(), "cAnArY") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
	}
	if _, vs := read(t, env.New("", list("A<B=1", "C=\x00", "D=4"))); text(vs) != "D=4" {
		t.Errorf("of a whole environment, read %s, want D=4", text(vs))
	}
}

// What Kubernetes injects for the services orders, orders-db (two ports) and others is left out;
// what is one's own is not.
func TestKubernetesServiceLinks(t *testing.T) {
	t.Parallel()
	links := []string{
		"ORDERS_SERVICE_HOST=10.0.0.1", "ORDERS_SERVICE_PORT=8080", "ORDERS_SERVICE_PORT_HTTP=8080", "ORDERS_PORT=tcp://10.0.0.1:8080",
		"ORDERS_PORT_8080_TCP=tcp://10.0.0.1:8080", "ORDERS_PORT_8080_TCP_PROTO=tcp", "ORDERS_PORT_8080_TCP_PORT=8080", "ORDERS_PORT_8080_TCP_ADDR=10.0.0.1",
		"ORDERS_DB_SERVICE_HOST=fd00::1", "ORDERS_DB_SERVICE_PORT=5432", "ORDERS_DB_SERVICE_PORT_PG=5432", "ORDERS_DB_SERVICE_PORT_DNS=53", "ORDERS_DB_PORT=tcp://[fd00::1]:5432",
		"ORDERS_DB_PORT_5432_TCP=tcp://[fd00::1]:5432", "ORDERS_DB_PORT_5432_TCP_PROTO=tcp", "ORDERS_DB_PORT_5432_TCP_PORT=5432", "ORDERS_DB_PORT_5432_TCP_ADDR=fd00::1",
		"ORDERS_DB_PORT_53_UDP=udp://[fd00::1]:53", "ORDERS_DB_PORT_53_UDP_PROTO=udp", "ORDERS_DB_PORT_53_UDP_PORT=53", "ORDERS_DB_PORT_53_UDP_ADDR=fd00::1",
		"KUBERNETES_SERVICE_HOST=10.0.0.2", "KUBERNETES_SERVICE_PORT=443", "KUBERNETES_PORT=tcp://10.0.0.2:443", "KUBERNETES_PORT_443_TCP=tcp://10.0.0.2:443",
	}
	if _, vs := read(t, env.New("ORDERS", list(links...))); text(vs) != "" {
		t.Errorf("injected variables were read: %s", text(vs))
	}
	if _, vs := read(t, env.New("", list(links...))); text(vs) != "" {
		t.Errorf("injected variables of the whole environment were read: %s", text(vs))
	}
	// One's own, beside the injected ones and without them.
	for _, own := range []string{
		"ORDERS_PORT=8080", "ORDERS_PORT=tcp://other:1", "ORDERS_SERVICE_HOST=db.example.com", "ORDERS_SERVICE_PORT=9", "ORDERS_PORT_8080_TCP_ADDR=1.2.3.4",
		"ORDERS_SERVICE_PORT_HTTPS=9", "ORDERS_PORT_9_TCP=tcp://10.0.0.1:8", "ORDERS_PORT_9_TCP=udp://10.0.0.1:9", "ORDERS_PORT_9_TCP=x", "ORDERS_PORT_9_TCP=tcp://:9",
		"ORDERS_PORT_9_TCP_PORT=9", "ORDERS_SERVICE_NAME=x",
	} {
		name, value, _ := strings.Cut(own, "=")
		want := strings.TrimPrefix(name, "ORDERS_") + "=" + value
		if _, vs := read(t, env.New("ORDERS", list(append([]string{own}, links...)...))); text(vs) != want {
			t.Errorf("beside injected ones, %s was read as %q", own, text(vs))
		}
		if _, vs := read(t, env.New("ORDERS", list(own))); text(vs) != want {
			t.Errorf("%s was read as %q", own, text(vs))
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := replace(path, text); err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{
		"plain": "x", "newline": "x\n", "crlf": "x\r\n", "newlines": "x\n\n", "lines": "a\nb\n", "empty": "", "nul": "x\x00", "full": strings.Repeat("x", 1<<20), "large": strings.Repeat("x", 1<<20+1),
	} {
		write(t, path(name), content)
	}
	if err := os.Mkdir(path("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	full := strings.Repeat("x", 1<<20)
	for value, want := range map[string]string{
		path("plain"): "[K=x]", path("newline"): "[K=x]", path("crlf"): "[K=x]", path("newlines"): "[K=x\n]", path("lines"): "[K=a\nb]", path("empty"): "[K=]", path("full"): "[K=" + full + "]",
		path("large"): "[K: too large]", path("nul"): "[K: malformed]", path("dir"): "[K: invalid argument]", path("missing"): "[K: not found]", "": "[K: invalid argument]",
		"/dev/zero": "[K: invalid argument]", "/dev/null": "[K: invalid argument]", "a\tb": "[K: not found]", strings.Repeat("x", 5000): "[K: unavailable]",
	} {
		_, vs := read(t, env.New("APP", list("APP_K_FILE="+value)))
		if got := text(vs); got != "K_FILE="+value+" "+want {
			t.Errorf("%.80q gave %.80q, want %.80q", value, got, want)
		}
	}
	// The name as it is stands before it, and both show the variable.
	_, vs := read(t, env.New("APP", list("APP_a_file="+path("plain"))))
	if want := []environ.Variable{
		{Key: "a_file", Name: "APP_a_file", Value: path("plain")}, {Key: "a", Name: "APP_a_file", Value: "x", File: true},
	}; !reflect.DeepEqual(vs, want) {
		t.Errorf("read %+v, want %+v", vs, want)
	}
	for _, entry := range []string{"APP__FILE=x", "APP_FILE=x", "APP_KFILE=x"} {
		if _, vs := read(t, env.New("APP", list(entry))); len(vs) != 1 {
			t.Errorf("%s was taken for a file: %s", entry, text(vs))
		}
	}
	n := 0
	if _, vs := read(t, env.New("APP", list("APP_K_FILE="+path("plain")), env.Opens(&n), env.WithoutFiles())); len(vs) != 1 || n != 0 {
		t.Errorf("WithoutFiles opened %d files and read %s", n, text(vs))
	}
	n = 0
	if read(t, env.New("APP", list("APP_K_FILE="+path("plain"), "APPLE_FILE=x"), env.Opens(&n), env.Ignore("APP_K_FILE"))); n != 0 {
		t.Errorf("%d files of variables that are not read were opened", n)
	}
}

// Nothing blocks for ever: a pipe is not opened.
func TestPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := mkfifo(pipe); err != nil {
		t.Skip("no pipes here: " + err.Error())
	}
	if _, vs := read(t, env.New("APP", list("APP_K_FILE="+pipe))); !strings.HasSuffix(text(vs), "[K: invalid argument]") {
		t.Errorf("a pipe gave %s", text(vs))
	}
}

func TestFaultsTellNoValue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		value string
		err   error
		kind  source.Kind
		path  bool // may be told
	}{
		{filepath.Join(dir, "missing"), nil, source.NotFound, true},
		{filepath.Join(dir, "x"), fs.ErrPermission, source.PermissionDenied, true},
		{filepath.Join(dir, "x"), errors.New("i/o error of cAnArY"), source.Unavailable, false},
		{"cAnArY", nil, source.NotFound, false},
		{"/cAnArY", nil, source.NotFound, false},
		{"/cAnArY/dGVzdA==", nil, source.NotFound, false},
		{"cAnArY/x", nil, source.NotFound, false},
		{"../cAnArY", nil, source.NotFound, true},
		{"postgres://u:cAnArY@db/x", nil, source.NotFound, false},
		{"cAnArY\x01", nil, source.NotFound, false},
	} {
		opts := []env.Option{list("APP_K_FILE=" + c.value)}
		if c.err != nil {
			opts = append(opts, env.OpenFails(&fs.PathError{Op: "open", Path: c.value, Err: c.err}))
		}
		_, vs := read(t, env.New("APP", opts...))
		fault := vs[1]
		if fault.Fault != c.kind || fault.Value == "" || strings.Contains(fault.Value, c.value) != c.path || !c.path && strings.Contains(fault.Value, "cAnArY") {
			t.Errorf("%s: fault is %v %q", c.value, fault.Fault, fault.Value)
		}
	}
}

// A file that is being written is not read until it has been left alone for 200 ms, and nobody
// waits for that longer than the context.
func TestYoungFilesSettle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	synctest.Test(t, func(t *testing.T) {
		put := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Error(err)
			}
			if err := os.Chtimes(path, time.Now(), time.Now()); err != nil { // by the clock of the bubble
				t.Error(err)
			}
		}
		s := env.New("APP", list("APP_K_FILE="+path))
		start := time.Now()
		put("ha")
		time.AfterFunc(100*time.Millisecond, func() { put("half and half") })
		if _, vs := read(t, s); vs[1].Value != "half and half" {
			t.Errorf("read %q of a file that was being written", vs[1].Value)
		}
		if d := time.Since(start); d != 300*time.Millisecond {
			t.Errorf("it was read after %v, want 200 ms after it was left alone", d)
		}

		put("again")
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start = time.Now()
		if _, err := s.Next(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 50*time.Millisecond {
			t.Errorf("with a context that ended: %v after %v", err, time.Since(start))
		}

		left := 40 // of somebody who goes on writing
		var again func()
		again = func() {
			put("busy")
			if left--; left > 0 {
				time.AfterFunc(90*time.Millisecond, again) // never at the moment of a look
			}
		}
		again()
		if _, vs := read(t, s); vs[1].Fault != source.Unavailable {
			t.Errorf("a file that is written all the time gave %v %q", vs[1].Fault, vs[1].Value)
		}
	})
}

// A folder of secrets that is swapped gives the old ones or the new ones, never some of each.
func TestSwappedFolderIsWhole(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	link := filepath.Join(root, "..data")
	swap := func(n int) {
		dir := filepath.Join(root, fmt.Sprint("v", n))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"user", "password"} {
			write(t, filepath.Join(dir, name), fmt.Sprint(n))
		}
		if err := os.Symlink(dir, link+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+".new", link); err != nil {
			t.Fatal(err)
		}
	}
	swap(0)
	n, opened, always := 0, 0, false
	s := env.New("APP", list("APP_A_FILE="+link+"/user", "APP_B_FILE="+link+"/password"), env.Opens(&opened), env.AfterOpen(func() {
		if opened%5 == 1 || always { // between the two files, or behind the second
			n++
			swap(n)
		}
	}))
	for range 15 {
		_, vs := read(t, s)
		if vs[1].Value != vs[3].Value {
			t.Fatalf("user is of version %s and password of version %s", vs[1].Value, vs[3].Value)
		}
	}
	if n < 10 {
		t.Fatalf("swapped %d times only, so that this proves little", n)
	}
	always = true
	if _, err := s.Next(t.Context(), ""); !errors.Is(err, source.Unavailable) {
		t.Errorf("files that change at every look gave %v, want unavailable", err)
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	next := func(entries ...string) source.Revision {
		c, err := env.New("APP", list(entries...)).Next(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		return c.Revision
	}
	a := next("APP_A=1", "APP_B=2", "X=1")
	if a == "" || a != next("X=2", "APP_B=2", "APP_A=1") {
		t.Error("the order, or a stranger's variable, changes the revision")
	}
	for _, other := range [][]string{{"APP_A=1"}, {"APP_A=1", "APP_B=3"}, {"APP_A=1B", "APP_B=2"}, {"APP_A=2", "APP_B=1"}, {}} {
		if next(other...) == a {
			t.Errorf("%v has the revision of another environment", other)
		}
	}
}

// The promise of Every: a change is seen after that time, 10 s by default, and not before.
func TestEvery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want time.Duration
		opts []env.Option
	}{
		"default":          {10 * time.Second, nil},
		"a minute":         {time.Minute, []env.Option{env.PollInterval(time.Minute)}},
		"nothing sensible": {10 * time.Second, []env.Option{env.PollInterval(-1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var e environment
				e.set("APP_A=1")
				s := env.New("APP", append(c.opts, env.Environ(e.read))...)
				first, err := s.Next(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				time.AfterFunc(c.want/2, func() { e.set("APP_A=2") })
				if _, err := s.Next(t.Context(), first.Revision); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(start); d != c.want {
					t.Errorf("the change was seen after %v, want %v", d, c.want)
				}
			})
		})
	}
}

// A secret's file that is rotated is a change.
func TestRotation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dsn")
	write(t, path, "one\n")
	s := env.New("APP", list("APP_DSN_FILE="+path), env.PollInterval(time.Millisecond))
	c, err := s.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	write(t, path, "two\n")
	c, err = s.Next(ctx, c.Revision)
	if err != nil {
		t.Fatalf("a rotated file was not seen: %v", err)
	}
	if vs, _ := environ.Parse(c.Documents[0].Data); vs[1].Value != "two" {
		t.Errorf("read %q, want two", vs[1].Value)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("APP_A", "1", "APP_A_PORT_1_TCP", "tcp://h:1")
	f.Add("APP_K_FILE", "/nowhere", "APP__", "[::1")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		for _, prefix := range []string{"APP", ""} {
			c, err := env.New(prefix, list(name+"="+value, name2+"="+value2), env.OpenFails(fs.ErrNotExist)).Next(context.Background(), "")
			if err != nil {
				if len(value) > 8 && strings.Contains(err.Error(), value) && !strings.Contains(name+name2, value) {
					t.Fatalf("the error tells the value: %v", err)
				}
				continue
			}
			if _, ok := environ.Parse(c.Documents[0].Data); !ok {
				t.Fatalf("the document cannot be read: %q", c.Documents[0].Data)
			}
		}
	})
}
