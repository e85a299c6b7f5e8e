package fleetonce

import (
	"cmp"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Options configures [Do]. The zero value of each field means its default.
type Options struct {
	// Keys are those of the part of the config that the hook runs for, such as "cache" and
	// "db.dsn", each with all keys below it. Layers must set them to the same values in all
	// instances. The default is the whole config, or the section.
	Keys []string
	// Term is how long the function may take: its context ends then. If an instance is killed while
	// it runs the function, another one takes over after two and a quarter terms. Instances of one
	// fleet may have different terms. It is from 1 s to one day; the default is 5 min.
	Term time.Duration
	// Attempts is how often the fleet tries a version, with all instances together. An attempt that
	// ended with its instance counts, one that [Hook.Close] ended does not. The default is 5.
	Attempts int
	// Backoff is the time between an attempt that has failed and the next one. It doubles up to 5
	// min, or to Backoff if that is longer. The default is 10 s.
	Backoff time.Duration
	// Holder is the name of this instance in the record, for people. The default is the name of the
	// host and a random number.
	Holder string
	// Logger logs claims, outcomes and problems of the store. The default is slog.Default().
	Logger *slog.Logger
}

const (
	defaultTerm, minTerm, maxTerm = 5 * time.Minute, time.Second, 24 * time.Hour
	defaultAttempts, maxAttempts  = 5, 1000
	defaultBackoff, maxBackoff    = 10 * time.Second, 5 * time.Minute
)

func (o Options) withDefaults(hook string) (Options, error) {
	o.Term = cmp.Or(o.Term, defaultTerm)
	o.Attempts = cmp.Or(o.Attempts, defaultAttempts)
	o.Backoff = cmp.Or(o.Backoff, defaultBackoff)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Holder == "" {
		host, _ := os.Hostname()
		o.Holder = cmp.Or(host, "unknown") + "/" + rand.Text()[:8]
	}
	invalid := func(text string) (Options, error) {
		return o, failed("start", hook, source.InvalidArgument, errors.New(text), "")
	}
	switch {
	case o.Term < minTerm || o.Term > maxTerm:
		return invalid("term is below 1 s, or above one day")
	case o.Attempts < 1 || o.Attempts > maxAttempts:
		return invalid("number of attempts is below 1, or above 1000")
	case o.Backoff < 0 || o.Backoff > maxTerm:
		return invalid("back-off is negative, or above one day")
	case len(o.Holder) > 256:
		return invalid("name of the holder has more than 256 bytes")
	}
	return o, nil
}
