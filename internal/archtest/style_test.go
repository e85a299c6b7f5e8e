package archtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/archtest"
)

func parse(t *testing.T, path, src string) archtest.File {
	t.Helper()
	f, err := archtest.ParseFile(path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// source is a file of a module that is a literal in a test.
type source struct{ path, text string }

func TestStyle(t *testing.T) {
	t.Parallel()
	const (
		whyDoc     = "a reader opens doc.go first; two package comments are joined in the order of file names"
		whyName    = "a package is named by what it gives; a name that fits anything fills with anything"
		whyComment = "an exported name is a promise, and the comment is where it is written"
		whySize    = "a file holds one concept, and one that has grown past this holds two"
		whyEffect  = "importing a package must do nothing: no registry, no order of imports, no cost without a use"
		whySleep   = "a wait must end with its context; use a timer and ctx.Done"
		whyGuess   = "a sleep is a guess about a machine; wait for the event, or run in a synctest bubble"
		whyWords   = "what is noted as nacre's own is not redacted, and an error may carry a secret; use wording.OfError or wording.Foreign"
		whyLeak    = "a leaked goroutine stays unnoticed until there are a million; call goleak in TestMain, or run every test in a synctest bubble"
	)
	doc := source{"binder/doc.go", "// Package binder binds.\npackage binder\n"}
	starts := source{"binder/bind.go", "package binder\n\nfunc run() {\n\tgo run()\n}\n"}
	for name, test := range map[string]struct {
		files []source
		rule  string
		where string
		what  string // empty: the module keeps the rule
		why   string
	}{
		"doc in doc.go":                      {files: []source{doc, {"binder/bind.go", "package binder\n"}}, rule: "package doc"},
		"no doc":                             {[]source{{"binder/bind.go", "package binder\n"}}, "package doc", "binder", "has no package comment in binder/doc.go", whyDoc},
		"doc elsewhere":                      {[]source{doc, {"binder/bind.go", "// Package binder binds too.\npackage binder\n"}}, "package doc", "binder/bind.go", "which belongs in binder/doc.go", whyDoc},
		"doc about something else":           {[]source{{"binder/doc.go", "// This binds.\npackage binder\n"}}, "package doc", "binder/doc.go", "does not begin with Package binder", whyDoc},
		"doc detached by a line":             {[]source{{"binder/doc.go", "// Package binder binds.\n\npackage binder\n"}}, "package doc", "binder", "has no package comment", whyDoc},
		"licence before the doc":             {files: []source{{"binder/doc.go", "// Copyright.\n\n// Package binder binds.\npackage binder\n"}}, rule: "package doc"},
		"external tests need none":           {files: []source{doc, {"binder/x_test.go", "package binder_test\n"}}, rule: "package doc"},
		"doc of a test package":              {files: []source{doc, {"binder/x_test.go", "// Tests of all kinds.\npackage binder_test\n"}}, rule: "package doc"},
		"doc in an internal test":            {[]source{doc, {"binder/x_test.go", "// Package binder tests.\npackage binder\n"}}, "package doc", "binder/x_test.go", "which belongs in", whyDoc},
		"command in main.go":                 {files: []source{{"cmd/nacre/main.go", "// Command nacre helps.\npackage main\n"}}, rule: "package doc"},
		"command without a name":             {[]source{{"cmd/nacre/main.go", "// It helps.\npackage main\n"}}, "package doc", "cmd/nacre/main.go", "does not begin with Command nacre", whyDoc},
		"an ignored file has no doc":         {files: []source{doc, {"binder/gen.go", "//go:build ignore\n\n// Command gen makes.\npackage main\n"}}, rule: "package doc"},
		"a folder called util":               {[]source{{"internal/util/doc.go", "// Package util is all sorts.\npackage util\n"}}, "name", "internal/util", "is called util", whyName},
		"a package called types":             {[]source{{"binder/doc.go", "// Package types is all sorts.\npackage types\n"}}, "name", "binder", "is called types", whyName},
		"a good name":                        {files: []source{doc}, rule: "name"},
		"a type without a comment":           {[]source{doc, {"binder/a.go", "package binder\n\ntype Bound struct{}\n"}}, "exported", "binder/a.go", "Bound has no comment", whyComment},
		"a function without":                 {[]source{doc, {"binder/a.go", "package binder\n\nfunc Bind() {}\n"}}, "exported", "binder/a.go", "Bind has no comment", whyComment},
		"a method without":                   {[]source{doc, {"binder/a.go", "package binder\n\n// T is.\ntype T[A any] struct{}\n\nfunc (t *T[A]) Get() {}\n"}}, "exported", "binder/a.go", "Get has no comment", whyComment},
		"a constant without":                 {[]source{doc, {"binder/a.go", "package binder\n\nconst (\n\tA = 1\n)\n"}}, "exported", "binder/a.go", "A has no comment", whyComment},
		"a variable without":                 {[]source{doc, {"binder/a.go", "package binder\n\nvar A = 1\n"}}, "exported", "binder/a.go", "A has no comment", whyComment},
		"a group with one":                   {files: []source{doc, {"binder/a.go", "package binder\n\n// Both are.\nconst (\n\tA = 1\n\tB = 2 // too\n)\n"}}, rule: "exported"},
		"unexported names":                   {files: []source{doc, {"binder/a.go", "package binder\n\ntype t struct{}\n\nfunc (t) String() string { return \"\" }\n"}}, rule: "exported"},
		"exported names of a test":           {files: []source{doc, {"binder/a_test.go", "package binder\n\nfunc TestA() {}\n"}}, rule: "exported"},
		"a long file":                        {[]source{doc, {"binder/a.go", "package binder\n" + strings.Repeat("\n", 400)}}, "size", "binder/a.go", "has 401 lines, and the limit is 400 lines", whySize},
		"a file at the limit":                {files: []source{doc, {"binder/a.go", "package binder\n" + strings.Repeat("\n", 399)}}, rule: "size"},
		"a long test":                        {[]source{doc, {"binder/a_test.go", "package binder\n" + strings.Repeat("\n", 800)}}, "size", "binder/a_test.go", "has 801 lines, and the limit is 800 lines", whySize},
		"an init function":                   {[]source{doc, {"binder/a.go", "package binder\n\nfunc init() {}\n"}}, "side effects", "binder/a.go", "has an init function", whyEffect},
		"a method called init":               {files: []source{doc, {"binder/a.go", "package binder\n\ntype t int\n\nfunc (t) init() {}\n"}}, rule: "side effects"},
		"a blank import":                     {[]source{doc, {"binder/a.go", "package binder\n\nimport _ \"github.com/nacre-go/nacre/source\"\n"}}, "side effects", "binder/a.go", "imports source for its side effects", whyEffect},
		"embedding":                          {files: []source{doc, {"binder/a.go", "package binder\n\nimport _ \"embed\"\n"}}, rule: "side effects"},
		"a blank import in a test":           {files: []source{doc, {"binder/a_test.go", "package binder\n\nimport _ \"image/png\"\n"}}, rule: "side effects"},
		"a sleep":                            {[]source{doc, {"binder/a.go", "package binder\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n"}}, "sleep", "binder/a.go", "calls time.Sleep", whySleep},
		"a sleep in a test":                  {[]source{doc, {"binder/a_test.go", "package binder\n\nimport \"time\"\n\nfunc TestA() { time.Sleep(1) }\n"}}, "sleep", "binder/a_test.go", "calls time.Sleep", whyGuess},
		"a sleep in a bubble":                {files: []source{doc, {"binder/a_test.go", "package binder\n\nimport (\n\t\"time\"\n\t\"testing/synctest\"\n)\n\nfunc TestA() { synctest.Test(nil, func() { time.Sleep(1) }) }\n\nfunc wait() { time.Sleep(2) }\n"}}, rule: "sleep"},
		"a sleep beside a bubble":            {[]source{doc, {"binder/a_test.go", "package binder\n\nimport (\n\t\"time\"\n\t\"testing/synctest\"\n)\n\nfunc TestA() {\n\tsynctest.Test(nil, func() {})\n\ttime.Sleep(1)\n}\n"}}, "sleep", "binder/a_test.go", "calls time.Sleep", whyGuess},
		"a sleep in a helper's bubble":       {files: []source{doc, {"binder/a_test.go", "package binder\n\nimport \"time\"\n\nfunc TestA() { bubble(t, func() { f(time.Now, func() { time.Sleep(1) }) }) }\n"}, {"binder/b_test.go", "package binder\n\nimport \"testing/synctest\"\n\nfunc bubble() { synctest.Test(nil, nil) }\n"}}, rule: "sleep"},
		"a sleep beside a helper's":          {[]source{doc, {"binder/a_test.go", "package binder\n\nimport \"time\"\n\nfunc TestA() {\n\tbubble(t, func() {})\n\tother(func() { time.Sleep(1) })\n}\n"}, {"binder/b_test.go", "package binder\n\nimport \"testing/synctest\"\n\nfunc bubble() { synctest.Test(nil, nil) }\n"}}, "sleep", "binder/a_test.go", "calls time.Sleep", whyGuess},
		"a goroutine and a helper's bubble":  {files: []source{doc, starts, {"binder/a_test.go", "package binder\n\nfunc TestA() { bubble(t, func() {}) }\n"}, {"binder/b_test.go", "package binder\n\nimport \"testing/synctest\"\n\nfunc bubble() { synctest.Test(nil, nil) }\n"}}, rule: "leaks"},
		"a sleep in a script for a bubble":   {files: []source{doc, {"binder/a_test.go", "package binder\n\nimport (\n\t\"time\"\n\t\"testing/synctest\"\n)\n\nfunc TestA() {\n\tscript := func() { time.Sleep(1) }\n\tsynctest.Test(nil, script)\n}\n"}}, rule: "sleep"},
		"a sleep in a script for none":       {[]source{doc, {"binder/a_test.go", "package binder\n\nimport (\n\t\"time\"\n\t\"testing/synctest\"\n)\n\nfunc TestA() {\n\tscript := func() { time.Sleep(1) }\n\tscript()\n}\n\nfunc TestB() { synctest.Test(nil, nil) }\n"}}, "sleep", "binder/a_test.go", "calls time.Sleep", whyGuess},
		"an error's text as own words":       {[]source{doc, {"binder/a.go", "package binder\n\nfunc f() { r.note(1, \"is \"+err.Error()) }\n"}}, "wording", "binder/a.go", "gives the text of an error to note", whyWords},
		"an error in a format as own words":  {[]source{doc, {"binder/a.go", "package binder\n\nfunc f() { _ = wording.Own(fmt.Sprintf(\"is %v\", err)) }\n"}}, "wording", "binder/a.go", "gives the text of an error to Own", whyWords},
		"an error's text in a message":       {[]source{doc, {"binder/a.go", "package binder\n\nvar v = violation{message: text(err.Error())}\n"}}, "wording", "binder/a.go", "gives the text of an error to message", whyWords},
		"an error's text that is marked":     {files: []source{doc, {"binder/a.go", "package binder\n\nvar v = violation{message: \"is \" + wording.Mark(err.Error())}\n"}}, rule: "wording"},
		"an error's text where none is own":  {files: []source{doc, {"binder/a.go", "package binder\n\nvar v = wording.Join(wording.Own(\"is \"), wording.Foreign(err.Error()))\n"}}, rule: "wording"},
		"an error's type":                    {files: []source{doc, {"binder/a.go", "package binder\n\nvar v = wording.Own(fmt.Sprintf(\"is a %T\", err))\n"}}, rule: "wording"},
		"an error's text in another package": {files: []source{{"providers/x/doc.go", "// Package x is.\npackage x\n\nvar v = note(err.Error())\n"}}, rule: "wording"},
		"a goroutine and no tests":           {[]source{doc, starts}, "leaks", "binder/bind.go", "starts a goroutine, and the tests of binder do not prove", whyLeak},
		"a goroutine of a wait group":        {[]source{doc, {"binder/bind.go", "package binder\n\nfunc run() { wg.Go(run) }\n"}}, "leaks", "binder/bind.go", "starts a goroutine", whyLeak},
		"a goroutine and plain tests":        {[]source{doc, starts, {"binder/a_test.go", "package binder\n\nfunc TestA() {}\n"}}, "leaks", "binder/bind.go", "starts a goroutine", whyLeak},
		"a goroutine and half bubbles": {[]source{doc, starts, {"binder/a_test.go", "package binder\n\nimport \"testing/synctest\"\n\nfunc TestA() {}\nfunc TestB() { synctest.Test(nil, nil) }\n"}},
			"leaks", "binder/bind.go", "starts a goroutine", whyLeak},
		"a goroutine and goleak":  {files: []source{doc, starts, {"binder/a_test.go", "package binder\n\nimport \"go.uber.org/goleak\"\n\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n"}}, rule: "leaks"},
		"a goroutine and bubbles": {files: []source{doc, starts, {"binder/a_test.go", "package binder\n\nimport \"testing/synctest\"\n\nfunc TestMain() {}\nfunc TestB() { t.Run(\"\", func() { synctest.Test(nil, nil) }) }\n"}}, rule: "leaks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := module()
			for _, f := range test.files {
				m.Files = append(m.Files, parse(t, f.path, f.text))
			}
			found := archtest.Check(m, archtest.House())
			if test.what == "" {
				expectNone(t, found, test.rule)
			} else {
				expect(t, found, test.rule, test.where, test.what, test.why)
			}
		})
	}
}

func TestParseFile(t *testing.T) {
	t.Parallel()
	f := parse(t, "a/b_test.go", "//go:build !race\n\npackage b_test\n\nimport (\n\t\"fmt\"\n\t_ \"image/png\"\n)\n")
	want := []archtest.Import{{Path: "fmt", Line: 6}, {Path: "image/png", Blank: true, Line: 7}}
	if !slices.Equal(f.Imports, want) {
		t.Errorf("imports = %v, want %v", f.Imports, want)
	}
	if !f.Test || f.Package != "b_test" || f.Lines != 8 {
		t.Errorf("facts = %+v", f)
	}
	if f.Ignored {
		t.Error("a file that is built without the race detector counts as ignored, so that no rule looks at it")
	}
	if !parse(t, "a.go", "//go:build ignore && linux\n\npackage main\n").Ignored {
		t.Error("a file that no build compiles is held against the rules of its folder")
	}
	if _, err := archtest.ParseFile("a.go", []byte("package")); err == nil {
		t.Error("a file that cannot be parsed is passed over")
	}
}
