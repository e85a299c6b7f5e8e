package env

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/source"
)

// environment is the source that New returns.
type environment struct {
	prefix       prefix
	every        time.Duration
	environ      func() []string
	only, ignore []string
	foreign      []foreign
	allowUnknown bool
	lenient      bool // AllowUnknown was given
	files        bool
	upper        bool // names are the same in either case
	open         opener
	poll         source.Source
}

var (
	_ source.Source    = (*environment)(nil)
	_ source.Describer = (*environment)(nil)
)

// New returns a source of the variables whose names begin with prefix and an underscore: "ORDERS"
// reads ORDERS_DB_POOL as DB_POOL. The empty prefix reads the whole environment.
//
// A prefix is the name in upper case with '_' for '-' and '.', however it is written: "my-app"
// reads MY_APP_PORT. It also reads names that are spelled like the prefix: my-app_port and
// my_app_port. A prefix with anything but letters, digits, '_', '-' and '.' cannot be part of a
// variable's name; Next then returns an error.
//
// The source is local and trusted; see source.Description.
func New(prefix string, opts ...Option) source.Source {
	s := &environment{prefix: newPrefix(prefix), every: 10 * time.Second, environ: os.Environ, files: true, upper: runtime.GOOS == "windows", open: openFile}
	for _, o := range opts {
		if o != nil {
			o.apply(s)
		}
	}
	s.allowUnknown = s.lenient || s.prefix.empty()
	s.poll = source.Poll(s.Name(), s.every, s.fetch)
	return s
}

// Name returns "env(ORDERS_)" for the prefix "ORDERS", and "env" for the whole environment.
func (s *environment) Name() string {
	if s.prefix.empty() {
		return "env"
	}
	return "env(" + s.prefix.String() + ")"
}

// Describe says that the environment is local, and trusted: anyone who can set it can also start
// another program.
func (s *environment) Describe() source.Description {
	return source.Description{Local: true, Trusted: true}
}

// Next returns the variables when they, or a file that they name, have changed; see package source.
func (s *environment) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return s.poll.Next(ctx, prev)
}

// fetch reads until two reads in a row are equal, if there are files. Files cannot be read at one
// instant, and a folder of secrets that is replaced in between would give a part of each.
func (s *environment) fetch(ctx context.Context) (source.Content, error) {
	data, files, err := s.read(ctx)
	for again := 0; err == nil && files; again++ {
		before := data
		if data, files, err = s.read(ctx); bytes.Equal(before, data) {
			break
		}
		if again == attempts {
			err = &source.Error{Kind: source.Unavailable, Op: "read", Err: errBusy}
		}
	}
	if err != nil {
		return source.Content{}, err
	}
	return source.Content{
		Revision: revision(data),
		Documents: []source.Document{{
			Name: s.Name(), Format: environ.Format, Data: data, AllowUnknown: s.allowUnknown,
			Location: s.prefix.String() + "*",
		}},
	}, nil
}

// key is the key of the revisions: with a plain hash, anyone who sees a revision could test short
// secrets.
var key = sync.OnceValue(func() []byte {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails
	return b
})

func revision(data []byte) source.Revision {
	mac := hmac.New(sha256.New, key())
	mac.Write(data)
	return source.Revision(hex.EncodeToString(mac.Sum(nil)[:16]))
}

func invalidArgument(name, why, fix string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "read", Document: name, Err: errors.New(why), Fix: fix}
}
