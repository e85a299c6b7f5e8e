package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/folder"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
)

// compared is the comparison of one document in JSON.
type compared struct {
	Name    string      `json:"name"`
	Status  string      `json:"status"` // same, added, removed, changed
	OldMD5  string      `json:"old_md5,omitempty"`
	NewMD5  string      `json:"new_md5,omitempty"`
	Changes []keyChange `json:"changes,omitempty"`
	// SameKeys reports that the bytes differ and no key does: comments, order or spacing.
	SameKeys bool `json:"same_keys,omitempty"`
	// Text is a unified diff, where keys are not compared.
	Text string `json:"text,omitempty"`
}

// keyChange is a key that differs in JSON. A secret has no values.
type keyChange struct {
	Op      document.Op `json:"op"`
	Key     string      `json:"key"`
	Secret  bool        `json:"secret,omitempty"`
	Old     *string     `json:"old,omitempty"`
	New     *string     `json:"new,omitempty"`
	OldType string      `json:"old_type,omitempty"`
	NewType string      `json:"new_type,omitempty"`
	Line    int         `json:"line,omitempty"`
	Column  int         `json:"column,omitempty"`

	line string
}

func pairUp(old, now map[string]*blob) []pair {
	all := maps.Clone(old)
	maps.Copy(all, now)
	var pairs []pair
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pairs = append(pairs, pair{name, name, old[name], now[name]})
	}
	return pairs
}

// printPairs prints what differs. Its error has the exit code 1 if something does.
func (a *app) printPairs(ctx context.Context, pairs []pair, asText bool) error {
	documents := make([]compared, 0, len(pairs))
	r := output.Result{}
	for _, p := range pairs {
		d := a.compare(ctx, p, asText)
		documents = append(documents, d)
		if d.Status != "same" {
			r.Names = append(r.Names, p.short)
		}
	}
	differ := len(r.Names) > 0
	r.Value = struct {
		Differs   bool       `json:"differs"`
		Documents []compared `json:"documents"`
	}{differ, documents}
	r.Text = func(w io.Writer) error {
		for _, d := range documents {
			d.write(w, a.paint())
		}
		return nil
	}
	if err := a.print(r); err != nil {
		return err
	}
	if differ {
		return differs()
	}
	return nil
}

func (a *app) compare(ctx context.Context, p pair, asText bool) compared {
	d := compared{Name: p.name, Status: "changed"}
	var old, now blob
	if p.old != nil {
		old, d.OldMD5 = *p.old, folder.Sum(p.old.content)
	} else {
		d.Status = "added"
		old.name, old.kind = p.now.name, p.now.kind
	}
	if p.now != nil {
		now, d.NewMD5 = *p.now, folder.Sum(p.now.content)
		if now.kind == "" { // a file
			now.kind = old.kind
		}
		if old.kind == "" {
			old.kind = now.kind
		}
	} else {
		d.Status = "removed"
		now.name, now.kind = old.name, old.kind
	}
	if p.old != nil && p.now != nil && bytes.Equal(old.content, now.content) {
		d.Status = "same"
		return d
	}
	if !asText {
		before, after, err := decodeBoth(ctx, old, now)
		if err == nil {
			changes := document.Compare(before, after)
			for _, c := range changes {
				d.Changes = append(d.Changes, keyChangeOf(c))
			}
			d.SameKeys = d.Status == "changed" && len(changes) == 0
			return d
		}
		if !errors.Is(err, document.ErrNoKeys) {
			a.note("warning: %s is compared line by line, since it is not valid: %v", p.name, err)
		}
	}
	d.Text = document.Unified(ctx, old.name, now.name, old.kind, old.content, now.content)
	return d
}

func decodeBoth(ctx context.Context, old, now blob) (before, after document.Keys, err error) {
	if before, err = document.Decode(ctx, old.name, old.kind, old.content); err == nil {
		after, err = document.Decode(ctx, now.name, now.kind, now.content)
	}
	return before, after, err
}

func keyChangeOf(c document.Change) keyChange {
	k := keyChange{Op: c.Op, Key: c.Path, Secret: c.Secret(), OldType: c.Old.Type, NewType: c.New.Type, Line: c.New.Line, Column: c.New.Column, line: c.Line()}
	if c.Op == document.Removed {
		k.Line, k.Column = c.Old.Line, c.Old.Column
	}
	if !k.Secret {
		old, now := c.Old.Text(), c.New.Text()
		if c.Op != document.Added {
			k.Old = &old
		}
		if c.Op != document.Removed {
			k.New = &now
		}
	}
	return k
}

func (d compared) write(w io.Writer, paint terminal.Paint) {
	switch {
	case d.Status == "same":
		return
	case d.SameKeys:
		fmt.Fprintf(w, "%s: the bytes differ, and no key does\n", paint.Bold(output.Clean(d.Name)))
		return
	case d.Status == "changed":
		fmt.Fprintln(w, paint.Bold(output.Clean(d.Name)))
	default:
		fmt.Fprintf(w, "%s: %s\n", paint.Bold(output.Clean(d.Name)), d.Status)
	}
	for _, c := range d.Changes {
		fmt.Fprintln(w, "  "+colored(paint, output.Clean(c.line)))
	}
	if d.Text == "" {
		return
	}
	for line := range strings.Lines(d.Text) {
		line = strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")
		fmt.Fprintln(w, colored(paint, output.Clean(line)))
	}
}

func colored(paint terminal.Paint, line string) string {
	switch {
	case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
		return paint.Bold(line)
	case strings.HasPrefix(line, "+"):
		return paint.Green(line)
	case strings.HasPrefix(line, "-"):
		return paint.Red(line)
	case strings.HasPrefix(line, "~"):
		return paint.Yellow(line)
	}
	return line
}
