package release_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.target.Documents[0].Content = []byte("v: new\nlist: [1, {x: 2}]\n\"a.b\": 1\n")
	w.target.Documents[1].Type = "text"
	w.target.Documents[9].Type = "json" // its content stays
	w.target.Documents = append(w.target.Documents[:5], w.target.Documents[6:]...)
	p := w.plan(t)
	var got []string
	for _, c := range p.Documents {
		var keys []string
		for _, k := range c.Keys {
			keys = append(keys, fmt.Sprintf("%s %s:%d", k.Op, k.Key, k.Line))
		}
		got = append(got, c.Action+" "+c.DataID+" "+strings.Join(keys, ", "))
		if c.Action != "create" && (c.BaseMD5 != sum(w.base[c.Key]) || c.BaseModified.IsZero()) || c.Size == 0 || c.SHA256 == "" {
			t.Errorf("a change is %+v", c)
		}
	}
	want := []string{
		`update d0.yaml added "a.b":3, added list[0]:2, added list[1].x:2, removed n:2, changed v:1`,
		"update d1.yaml changed v:1", "update d2.yaml changed v:1", "update d3.yaml changed v:1", "update d4.yaml changed v:1", "update d6.yaml changed v:1",
		"create d7.yaml added n:2, added v:1", "create d8.yaml added n:2, added v:1", "retype d9.yaml ",
	}
	if !slices.Equal(got, want) || p.Changes != 9 || len(p.Unchanged) != 0 {
		t.Errorf("the plan has\n %q, want\n %q", got, want)
	}
	if len(p.Left) != 1 || p.Left[0].Key != key("d5.yaml") || p.Left[0].Why != "no release of this environment has published it" {
		t.Errorf("the documents that the repository no longer has are %v, want d5.yaml", p.Left)
	}
	if w.srv.publishes > 0 {
		t.Error("a plan has published something")
	}
}

// A manifest that was changed or deleted by hand is published again, with no document.
func TestPlanOfTheManifestOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(newFiles(), "r1")); err != nil {
		t.Fatal(err)
	}
	if p := w.plan(t); !p.Empty() {
		t.Errorf("after a release the plan is %+v", p)
	}
	for i, change := range []func(){
		func() { _ = w.srv.Delete(t.Context(), w.atKey) },
		func() { w.srv.put(w.atKey, "nothing", bare) },
		func() { w.target.Documents = w.target.Documents[1:]; delete(w.want, key("d0.yaml")) },
	} {
		change()
		_ = w.srv.sleep(t.Context(), time.Second)
		n := w.srv.publishes
		name := fmt.Sprintf("m%d", i)
		p := w.plan(t)
		if p.Empty() || p.Changes != 0 {
			t.Errorf("%d: the plan is %+v", i, p)
		}
		if _, err := release.Apply(t.Context(), w.srv, w.target, p, w.options(newFiles(), name)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		w.wantManifest(t, name, w.want, 8)
		if n = w.srv.publishes - n; n != 3 { // the record twice
			t.Errorf("%d: %d documents were published", i, n)
		}
	}
}

// A document that services cannot decode is not planned, and all of them are reported.
func TestPlanOfBadDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.target.Documents[1].Content = []byte("db:\n  password: hunter2-canary\n  password: x\n")
	w.target.Documents[2].Content = []byte("v: 1\ndb: {hunter2-canary\n")
	w.target.Documents[3] = repository.Document{DataID: "list.txt", File: "base/list.txt", Stage: 1, Content: []byte("db: {")}
	_, err := release.NewPlan(t.Context(), w.srv, w.target, "", w.options(nil, ""))
	var all source.Problems
	if !errors.As(err, &all) || strings.Contains(err.Error(), "canary") {
		t.Fatalf("NewPlan returned %v", err)
	}
	files := map[string]bool{}
	for _, p := range all {
		files[p.Position.Document] = p.Position.Line > 0
	}
	if len(files) != 2 || !files["base/d1.yaml"] || !files["base/d2.yaml"] {
		t.Errorf("the problems are %v", err)
	}
}

func TestSavedPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	p := w.plan(t)
	text, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := release.DecodePlan(text)
	if err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("a saved plan is read as %+v, %v, want %+v", got, err, p)
	}
	var head struct {
		SchemaVersion int `json:"schema_version"`
		Changes       int `json:"changes"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.SchemaVersion != 1 || head.Changes != 9 {
		t.Errorf("a program reads %+v, %v", head, err)
	}
	for name, bad := range map[string][]byte{
		"empty":           nil,
		"another text":    []byte("version: 1"),
		"another version": bytes.Replace(text, []byte(`"schema_version": 1`), []byte(`"schema_version": 2`), 1),
		"another base":    bytes.Replace(text, []byte(sum("v: old\nn: 0\n")), []byte(sum("v: other\n")), 1),
		"another name":    bytes.Replace(text, []byte(`"prod"`), []byte(`"test"`), 1),
		"a new field":     bytes.Replace(text, []byte(`"environment"`), []byte(`"more": 1, "environment"`), 1),
		"no digest":       bytes.Replace(text, []byte(p.Digest), nil, 1),
		"torn":            text[:len(text)/2],
	} {
		if _, err := release.DecodePlan(bad); source.KindOf(err) != source.Malformed {
			t.Errorf("%s: %v, want %v", name, err, source.Malformed)
		}
	}
}

func FuzzDecodePlan(f *testing.F) {
	f.Add([]byte(`{"schema_version":1,"kind":"nacre-plan","documents":[{"group":"G"}],"digest":"x"}`))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = release.DecodePlan(text) })
}

func TestVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	verify := func() map[string]string {
		t.Helper()
		d, err := release.Verify(t.Context(), w.srv, w.target, w.options(nil, ""))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, f := range d.Documents {
			if f.State != "same" {
				got[f.Key.DataID] = f.State
			}
		}
		if d.Differences != len(got) {
			t.Errorf("%d differences, and %v", d.Differences, got)
		}
		return got
	}
	if got := verify(); len(got) != 10 || got["d0.yaml"] != "differs" || got["d8.yaml"] != "missing" || got["release.yaml"] != "differs" || got["d9.yaml"] != "" {
		t.Errorf("before the release the differences are %v", got)
	}
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(newFiles(), "r1")); err != nil {
		t.Fatal(err)
	}
	if got := verify(); len(got) != 0 {
		t.Errorf("after the release the differences are %v", got)
	}
	w.srv.put(key("d3.yaml"), "v: drift\nn: 3\n", bare)
	m := manifest.New("x", map[string][]byte{"other.yaml": []byte("v: 1")})
	w.srv.put(w.atKey, string(m.YAML()), bare)
	_ = w.srv.sleep(t.Context(), time.Second)
	if got := verify(); len(got) != 3 || got["d3.yaml"] != "differs" || got["release.yaml"] != "differs" || got["other.yaml"] != "unlisted" {
		t.Errorf("after a change by hand the differences are %v", got)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	f := release.Folder(dir)
	if text, err := f.Load("prod", "r1"); text != nil || err != nil {
		t.Errorf("a file that is not there: %q, %v", text, err)
	}
	if names, err := f.List("prod"); len(names) > 0 || err != nil {
		t.Errorf("a folder that is not there: %q, %v", names, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := f.Save("prod", "r1", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load("prod", "r1"); string(got) != text || err != nil {
			t.Errorf("after Save of %q Load returned %q, %v", text, got, err)
		}
	}
	unlock, err := f.Lock("prod")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := release.Folder(dir).Lock("prod"); source.KindOf(err) != source.Conflict {
		t.Errorf("a second lock: %v, want a conflict", err)
	}
	unlock()
	if unlock, err = f.Lock("prod"); err != nil {
		t.Fatalf("a lock that was given back: %v", err)
	}
	unlock()
	if names, err := f.List("prod"); !slices.Equal(names, []string{"r1"}) || err != nil {
		t.Errorf("List returned %q, %v", names, err)
	}
	if ignore, err := os.ReadFile(filepath.Join(dir, ".gitignore")); string(ignore) != "*\n" || err != nil {
		t.Errorf("the contents are not kept out of Git: %q, %v", ignore, err)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "prod", "r1.rollback.json"): 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, %v, want %v", name, info.Mode().Perm(), err, want)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "prod", ".new-*")); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := f.Remove("prod", "r1"); err != nil {
		t.Error(err)
	}
	if err := f.Remove("prod", "r1"); err != nil {
		t.Errorf("a second Remove: %v", err)
	}
}

// A damaged rollback file is not used, and stops what would need it.
func TestDamagedRollbackFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	store := newFiles()
	if _, err := release.Apply(t.Context(), w.srv, w.target, w.plan(t), w.options(store, "r1")); err != nil {
		t.Fatal(err)
	}
	text, _ := store.Load("prod", "r1")
	for name, bad := range map[string][]byte{
		"torn": text[:len(text)/2], "other content": bytes.Replace(text, []byte("djogb2xk"), []byte("djogYmFk"), 1), "empty": {},
		"another version": bytes.Replace(text, []byte(`"schema_version":1`), []byte(`"schema_version":9`), 1),
	} {
		if bytes.Equal(bad, text) {
			t.Fatalf("%s: nothing has changed", name)
		}
		_ = store.Save("prod", "r1", bad)
		if _, err := release.Rollback(t.Context(), w.srv, "prod", "r1", w.options(store, "")); source.KindOf(err) != source.Corrupt || !w.has(w.want) {
			t.Errorf("%s: %v, want %v", name, err, source.Corrupt)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	private, public, err := release.NewKey()
	if err != nil || !bytes.Contains(public, []byte("BEGIN PUBLIC KEY")) {
		t.Fatalf("NewKey returned %s, %v", public, err)
	}
	signer, err := release.ParseKey(private)
	if err != nil {
		t.Fatal(err)
	}
	m := manifest.New("r1", map[string][]byte{"a.yaml": []byte("v: 1")})
	m.Sequence, m.Audience = 1, []manifest.Audience{{Namespace: "*", Group: "*", Service: "*"}}
	now := time.Unix(1_800_000_000, 0)
	if _, err := release.SignManifest(m.YAML(), signer, now); err != nil {
		t.Error(err)
	}
	m.Expires = now
	if _, err := release.SignManifest(m.YAML(), signer, now); source.KindOf(err) != source.Invalid {
		t.Errorf("a manifest that has expired: %v", err)
	}
	for name, bad := range map[string]string{
		"empty": "", "a public key": string(public), "no PEM": "hunter2-canary",
		"garbage": "-----BEGIN PRIVATE KEY-----\naHVudGVyMi1jYW5hcnk=\n-----END PRIVATE KEY-----\n",
	} {
		if _, err := release.ParseKey([]byte(bad)); source.KindOf(err) != source.Malformed || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
