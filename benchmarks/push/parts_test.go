package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	t.Setenv(envAddr, "")
	for name, c := range map[string]struct {
		args string
		want string // in the error; empty: none
	}{
		"defaults":       {"", ""},
		"all":            {"-addr h:1 -n 1,2 -clients nacre,sdk -tries 1 -singles 0 -size 64 -wait 1s -settle 0s -json -o f", ""},
		"no number":      {"-n 2,x", `"x"`},
		"zero configs":   {"-n 0", `"0"`},
		"too many":       {"-n 10001", "10001"},
		"strange client": {"-clients java", `"java"`},
		"no tries":       {"-tries 0", "-tries"},
		"adding many":    {"-adding 10001", "-adding"},
		"idle many":      {"-idle 10001", "-idle"},
		"idle briefly":   {"-idle-for 1ms", "-idle-for"},
		"idle too early": {"-idle-until 1m", "-idle-until"},
		"small content":  {"-size 1", "-size"},
		"short wait":     {"-wait 1ms", "-wait"},
		"negative rest":  {"-settle -1s", "-settle"},
		"no flag":        {"8848", `"8848"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Fields(c.args), io.Discard)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("parse(%q) = %v, want an error with %q in it", c.args, err, c.want)
			}
		})
	}
	t.Setenv(envAddr, "h:1")
	if o, err := parse([]string{"-addr", ""}, io.Discard); err != nil || o.addr != "h:1" {
		t.Errorf("an empty address hides that of the environment: %q, %v; the launcher would be started without end", o.addr, err)
	}
}

func TestContentsAreEquallyLongAndTellTheirVersion(t *testing.T) {
	for _, size := range []int{minSize, 1024} {
		for _, i := range []int{0, 9999} {
			for _, v := range []int{0, 7, 12345} {
				text := content(i, v, size)
				if got, ok := versionOf(text); !ok || got != v {
					t.Errorf("version %d of config %d comes back as %d, %v", v, i, got, ok)
				}
				if len(text) != size {
					t.Errorf("a content has %d bytes, want %d", len(text), size)
				}
			}
		}
	}
	for _, text := range []string{"", "x", "v: \n", "a: b\n"} {
		if v, ok := versionOf(text); ok {
			t.Errorf("%q passes for version %d", text, v)
		}
	}
}

// ms makes durations of milliseconds; a negative one is never.
func ms(values ...int) []time.Duration {
	var all []time.Duration
	for _, v := range values {
		if v < 0 {
			all = append(all, never)
			continue
		}
		all = append(all, time.Duration(v)*time.Millisecond)
	}
	return all
}

func TestRow(t *testing.T) {
	r := row{client: "sdk", shape: shape{n: 2, rounds: 1}, tries: 2, wait: 10 * time.Second, changes: []change{
		{after: ms(500, 1000), latencies: ms(510, 1010), spread: 3 * time.Millisecond, stall: 4 * time.Millisecond},
		{after: ms(4000, -1), latencies: ms(4010, -1), spread: 2 * time.Millisecond},
	}}
	var text bytes.Buffer
	if err := r.writeJSON(&text); err != nil {
		t.Fatal(err)
	}
	const want = `{"client":"sdk","n":2,"fresh_1s":0.5,"fresh_5s":0.75,"fresh_30s":null,"all_fresh_ms":null,"p50_ms":1010,"p99_ms":null,` +
		`"max_ms":null,"tries":2,"rounds":1,"fresh_each":[2,1],"publish_ms":3,"stall_ms":4,"wait_ms":10000}`
	if got := strings.TrimSpace(text.String()); got != want {
		t.Errorf("a row in JSON is\n%s\nwant\n%s", got, want)
	}
	table := markdown([]result{r}, options{size: 64, wait: r.wait}, &server{title: "Nacos 2.3.2"})
	if cells := "| 2, 2 times | 3 ms | nacos-sdk-go | 50 % | 75 % | ? (2, 1) | > 10 s | 1.01 s | > 10 s | > 10 s | 4 ms |\n"; !strings.HasSuffix(table, cells) {
		t.Errorf("the table ends with\n%s\nwant\n%s", table, cells)
	}

	// What was fresh when the wait ended stays fresh: then the later shares are known.
	r.changes = r.changes[:1]
	if s, known := r.share(30 * time.Second); s != 1 || !known {
		t.Errorf("the share after 30 s is %v, %v, want 1: all were fresh before", s, known)
	}
	if got := r.percent(time.Second); got != "**all**" {
		t.Errorf("2 of 2 are %s, want all", got)
	}
	r = row{shape: shape{n: 1000}, wait: time.Minute, changes: []change{{after: append(make([]time.Duration, 999), never)}}}
	if got := r.percent(time.Second); got != "99 %" {
		t.Errorf("999 of 1000 are %s, want 99 %%: one that is missing must show", got)
	}
}

func TestTableGoesBetweenItsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := writeBetween(path, inProcess, "first\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "first\n" {
		t.Errorf("a new file is %q", got)
	}
	if err := writable(path, inProcess); err == nil {
		t.Error("a file without marks would be written over")
	}
	const old = "# Title\n\n<!-- push server: begin -->\na\n<!-- push server: end -->\n<!-- push inprocess: begin -->\nb\n<!-- push inprocess: end -->\nend\n"
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := writeBetween(path, inProcess, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != strings.Replace(old, "\nb\n", "\nnew\n", 1) {
		t.Errorf("the file is now\n%s", got)
	}
	if err := writable(filepath.Join(t.TempDir(), "none", "doc.md"), inProcess); err == nil {
		t.Error("a folder that is not there is found out at the end only")
	}
}

func TestBoardTakesTheAwaitedVersionAndLaterOnes(t *testing.T) {
	var b board
	b.note(note{0, 0}) // before anything is awaited
	all := b.await(2, 3)
	for _, c := range []struct {
		note note
		left int
		why  string
	}{
		{note{0, 2}, 2, "an old version is not fresh"},
		{note{-1, 3}, 2, "there is no such config"},
		{note{2, 3}, 2, "there is no such config"},
		{note{0, 3}, 1, "this one is awaited"},
		{note{0, 4}, 1, "it was heard of before"},
		{note{1, 4}, 0, "what is newer is fresh too"},
	} {
		b.note(c.note)
		if b.left() != c.left {
			t.Fatalf("after %+v %d are missing, want %d: %s", c.note, b.left(), c.left, c.why)
		}
	}
	select {
	case <-all:
	default:
		t.Error("both were heard of, and the wait goes on")
	}
	if times := b.times(); times[0].IsZero() || times[1].IsZero() {
		t.Errorf("times %v, want none to be zero", times)
	}
}

func TestNotesAreRead(t *testing.T) {
	var got []note
	err := readNotes(strings.NewReader("heard 1 2\nheard 3 4\n"), func(n note) { got = append(got, n) })
	if err != nil || len(got) != 2 || got[1] != (note{3, 4}) {
		t.Errorf("notes %v, %v", got, err)
	}
	if err := readNotes(strings.NewReader("panic: x\n"), func(note) {}); err == nil {
		t.Error("what is no note passes for one")
	}
}

func TestListenerRefusesWhatItDoesNotKnow(t *testing.T) {
	strange, err := json.Marshal(job{Client: "java"})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"{"}, {string(strange)}} {
		if err := listenTo(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("a listener runs with %q", args)
		}
	}
}

func TestWhatIsNotOnPush(t *testing.T) {
	results := []result{
		size{client: "sdk", bytes: 20e6}, size{client: "nacre", bytes: 10e6},
		idle{client: "nacre", n: 10, watched: 10 * time.Second, requests: 5, cpu: 20 * time.Millisecond, early: 4e6, memory: 3e6},
	}
	table := markdown(results, options{size: 64, idle: 10, idleFor: 10 * time.Second, idleUntil: time.Minute}, &server{title: "Nacos 2.3.2"})
	for _, want := range []string{
		"| nacre, the session | 0.50 | 0.20 % | 4.0 MB | 3.0 MB |\n", "| nacos-sdk-go | 20.0 MB | 100 % |\n| nacre, the session | 10.0 MB | 50 % |\n",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the tables are\n%s\nwant in them\n%s", table, want)
		}
	}
	if strings.Contains(table, "Changed together") {
		t.Error("there is a table of changes, and none were measured")
	}
	var text bytes.Buffer
	for _, r := range results[1:] {
		if err := r.writeJSON(&text); err != nil {
			t.Fatal(err)
		}
	}
	const lines = `{"client":"nacre","binary_mb":10}` + "\n" +
		`{"client":"nacre","n":10,"idle":true,"requests_per_second":0.5,"cpu_share":0.002,"memory_at_first_mb":4,"memory_mb":3}` + "\n"
	if text.String() != lines {
		t.Errorf("in JSON it is\n%swant\n%s", text.String(), lines)
	}
}

func TestParseStat(t *testing.T) {
	used, err := parseStat("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 19 20 1000 22 23\n")
	if err != nil || used.cpu != 3*time.Second || used.memory != 1000*int64(os.Getpagesize()) {
		t.Errorf("used %+v, %v: want 3 s and 1000 pages", used, err)
	}
	for _, text := range []string{"", "7 (a) S 1", "7 (a) S 1 2 3 4 5 6 7 8 9 10 x 50 13 14 15 16 17 18 19 20 1000 22"} {
		if _, err := parseStat(text); err == nil {
			t.Errorf("%q passes for what the system says of a process", text)
		}
	}
}

func TestProgramsAreOfAllClients(t *testing.T) {
	for _, name := range clientNames() {
		if programs[name] == "" {
			t.Errorf("there is no program on %s to build", name)
		}
	}
}

func TestTheProgramsOfTheSizesCompile(t *testing.T) {
	dir, err := os.MkdirTemp(".", "size-") //nolint:usetesting // in the module, whose versions they need
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := writePrograms(dir); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "vet", "./"+filepath.Base(dir)+"/...").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
