package koanf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/nacre-go/nacre/internal/plaintree"
	"github.com/nacre-go/nacre/source"
)

// reading is one read of the provider. It has its own goroutine, because koanf's methods take no
// context.
type reading struct {
	done     chan struct{}
	document source.Document
	err      error
	old      bool // it began before the present call
}

// read reads the provider once, or waits for a read that has not returned.
func (s *koanfSource) read(ctx context.Context) (source.Document, error) {
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	for {
		if s.reading == nil {
			r := &reading{done: make(chan struct{})}
			s.reading = r
			go func() {
				defer close(r.done)
				r.document, r.err = s.fetch()
			}()
		}
		r := s.reading
		select {
		case <-r.done:
			s.reading = nil
			if !r.old {
				return r.document, r.err
			}
		case <-timer.C:
			r.old = true
			return source.Document{}, &source.Error{
				Kind: source.Timeout, Op: "read", Document: s.document, Err: errSlow,
			}
		case <-ctx.Done():
			r.old = true
			return source.Document{}, ctx.Err()
		}
	}
}

var (
	errSlow       = errors.New("the provider did not answer in time")
	errNoProvider = errors.New("the provider is nil")
)

// fetch calls the provider and the parser, and returns the document.
func (s *koanfSource) fetch() (d source.Document, err error) {
	defer func() {
		if recover() != nil {
			d, err = source.Document{}, s.error(source.InvalidArgument, "read", errPanicked)
		}
	}()
	d.Name = s.document
	if s.provider == nil {
		return d, s.error(source.InvalidArgument, "read", errNoProvider)
	}
	if s.format == "" && s.parser == nil {
		tree, err := s.provider.Read()
		if err != nil {
			return s.failed(err)
		}
		return s.decoded(tree)
	}
	data, err := s.provider.ReadBytes()
	if err != nil {
		return s.failed(err)
	}
	if s.format != "" {
		d.Format, d.Data = s.format, append([]byte{}, data...)
		return d, nil
	}
	if len(data) == 0 { // an empty document, which many parsers reject
		return s.decoded(nil)
	}
	tree, err := s.parser.Unmarshal(slices.Clone(data))
	if err != nil {
		return d, s.error(source.Malformed, "decode", &stripped{parserText(s.parser, err), err})
	}
	return s.decoded(tree)
}

// decoded returns the document of a tree.
func (s *koanfSource) decoded(tree map[string]any) (source.Document, error) {
	d := source.Document{Name: s.document}
	plain, err := plaintree.Copy(tree)
	if err == nil && s.delimiter != "" {
		plain, err = unflatten(plain, s.delimiter)
	}
	if err != nil {
		return d, s.error(source.Malformed, "decode", err)
	}
	if s.text {
		plain = asText(plain).(map[string]any)
	}
	d.Tree = plain
	return d, nil
}

// failed returns the absence or the error that an error of the provider means.
func (s *koanfSource) failed(err error) (source.Document, error) {
	if s.absent(err) {
		return source.Document{Name: s.document, Absent: true, AbsentErr: s.error(source.NotFound, "read", err)}, nil
	}
	if strings.Contains(err.Error(), "does not support this method") {
		e := s.error(source.InvalidArgument, "read", &stripped{"the provider has no such method", err})
		e.Fix = "pass a parser, or koanf.Format, to koanf.New"
		if s.parser != nil || s.format != "" {
			e.Fix = "pass a nil parser to koanf.New, and no koanf.Format"
		}
		return source.Document{}, e
	}
	kind := source.KindOf(err)
	if kind == source.Unknown {
		kind = source.Unavailable
	}
	text := err.Error()
	if !s.errorText {
		text = safeText(err)
	}
	return source.Document{}, s.error(kind, "read", &stripped{text, err})
}

func (s *koanfSource) error(kind source.Kind, op string, err error) *source.Error {
	return &source.Error{Kind: kind, Op: op, Document: s.document, Err: err}
}

// stripped is an error that shows only this text.
type stripped struct {
	text string
	err  error
}

func (e *stripped) Error() string { return e.text }
func (e *stripped) Unwrap() error { return e.err }

// safeText returns the parts of an error's text that come from the standard library's errors, which
// contain paths and addresses.
func safeText(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Op + " " + path.Path + ": " + safeText(path.Err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		text := op.Op + " " + op.Net
		if op.Addr != nil {
			text += " " + op.Addr.String()
		}
		return text + ": " + safeText(op.Err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Error()
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	for _, known := range []error{
		fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid, fs.ErrClosed, context.DeadlineExceeded, context.Canceled, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("an error of type %T", err)
}

var lineNumber = regexp.MustCompile(`\bline (\d{1,9})\b`)

// parserText says which parser failed, and where, without the parser's words, which quote the
// document.
func parserText(parser any, err error) string {
	text := fmt.Sprintf("%T cannot decode it", parser)
	if m := lineNumber.FindStringSubmatch(err.Error()); m != nil {
		text += ", line " + m[1]
	}
	return text
}
