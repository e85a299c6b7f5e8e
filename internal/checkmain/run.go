package checkmain

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// The exit codes, which are those of the command nacre.
const (
	exitDone    = 0
	exitUsage   = 2
	exitInvalid = 5
	exitFailed  = 10
)

// Program is one run of the program.
type Program struct {
	Args []string // without the name of the program
	In   io.Reader
	Out  io.Writer
	Err  io.Writer
	// Check opens a config of the layers once. shared says which of them are [Layer.Shared].
	Check func(ctx context.Context, layers []source.Source, shared []bool) (source.Problems, error)
}

const usage = `Usage: check [-o text|json] [-missing-ok KEYS] FILE...

Checks the files as the service would: each is a layer, the lowest first, and the merged result is
bound to the service's struct and validated. Exit code 0: they are valid; 2: the command line or a
file is wrong; 5: the service would reject them.

`

// Run runs the program and returns its exit code.
func Run(ctx context.Context, p Program) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(p.Err)
	format := flags.String("o", "text", "`form` of the output: text or json")
	missing := flags.String("missing-ok", "", "required `keys` that the service has from elsewhere, such as db.password,tls.*")
	stdin := flags.Bool("stdin", false, "read a request of the command nacre")
	flags.Usage = func() {
		p.say(usage)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(p.Args); {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		return exitUsage
	}
	request, err := p.request(flags.Args(), *stdin, *missing)
	if err == nil && *format != "text" && *format != "json" {
		err = fmt.Errorf("output form %q is unknown; use text or json", *format)
	}
	if err != nil {
		p.say("check: %v\n", err)
		return exitUsage
	}
	report := p.run(ctx, request)
	if *stdin || *format == "json" {
		err = json.NewEncoder(p.Out).Encode(report)
	} else {
		err = report.text(p.Out)
	}
	switch {
	case err != nil:
		p.say("check: write the report: %v\n", err)
		return exitFailed
	case report.invalid():
		return exitInvalid
	}
	return exitDone
}

// say writes to the terminal, whose errors have no other place to go.
func (p Program) say(format string, args ...any) { _, _ = fmt.Fprintf(p.Err, format, args...) }

// maxRequest is the limit of a request in bytes.
const maxRequest = 1 << 30

func (p Program) request(files []string, stdin bool, missing string) (Request, error) {
	if stdin {
		var r Request
		decoder := json.NewDecoder(io.LimitReader(p.In, maxRequest))
		decoder.DisallowUnknownFields()
		switch err := decoder.Decode(&r); {
		case err != nil:
			return r, fmt.Errorf("the request is not valid: %w", err)
		case r.SchemaVersion != SchemaVersion:
			return r, fmt.Errorf("the request has the schema version %d, want %d; build this program with the version of nacre that the command has", r.SchemaVersion, SchemaVersion)
		}
		return r, nil
	}
	if len(files) == 0 {
		return Request{}, errors.New("no file is given; name the documents of the service, the lowest layer first")
	}
	r := Request{SchemaVersion: SchemaVersion, MissingOK: strings.FieldsFunc(missing, func(c rune) bool { return c == ',' || c == ' ' })}
	check := Check{}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return r, err
		}
		check.Layers = append(check.Layers, Layer{Document: name, Content: content})
	}
	r.Checks = []Check{check}
	return r, nil
}

func (p Program) run(ctx context.Context, r Request) Report {
	report := Report{SchemaVersion: SchemaVersion, Checks: []Result{}}
	for _, c := range r.Checks {
		var layers []source.Source
		var shared []bool
		for _, l := range c.Layers {
			layers, shared = append(layers, newDocument(l)), append(shared, l.Shared)
		}
		warnings, err := p.Check(ctx, layers, shared)
		report.Checks = append(report.Checks, Result{Name: c.Name, Problems: problems(warnings, err, r.MissingOK)})
	}
	return report
}

func (r Report) invalid() bool {
	for _, c := range r.Checks {
		for _, p := range c.Problems {
			if p.Severity == Error {
				return true
			}
		}
	}
	return false
}

func (r Report) text(w io.Writer) error {
	for _, c := range r.Checks {
		for _, p := range c.Problems {
			line := p.Text
			if p.Severity == Warning {
				line = "warning: " + line
			}
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}
