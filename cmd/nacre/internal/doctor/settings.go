package doctor

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/advice"
	"github.com/nacre-go/nacre/providers/nacos"
)

// Settings say what to check.
type Settings struct {
	Config nacos.Config
	// User says where a user changes the settings.
	User advice.User
	// Environ are the variables to check, as os.Environ returns them. Nil: that check is skipped.
	Environ []string
	// Document is the data ID whose content is compared on all nodes. Empty: the check is skipped.
	Document string
	// Copies is the folder of the last known good copies of services on this machine. Empty: the
	// check is skipped.
	Copies string
	// ReadOnly skips the checks that publish a config of their own, and says so.
	ReadOnly bool
	// Timeout is the limit of one check. Default: 5 s.
	Timeout time.Duration
	// Now is the clock that is compared with the server's. Default: time.Now.
	Now func() time.Time
}

// examination is one run of the checks.
type examination struct {
	Settings
	report func(Finding)
	all    []Finding
}

// Run makes all checks and returns their findings, in order. It calls report with each as soon as
// it is known; report may be nil. When ctx ends, the remaining checks are not made.
func Run(ctx context.Context, s Settings, report func(Finding)) []Finding {
	if s.Timeout <= 0 {
		s.Timeout = 5 * time.Second
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	x := &examination{Settings: s, report: report}
	x.environment()
	x.copies()
	nodes, ok := x.settings(ctx)
	if !ok {
		return x.all
	}
	var working []node
	for _, n := range nodes {
		if ctx.Err() != nil {
			return x.all
		}
		if x.node(ctx, &n) {
			working = append(working, n)
		}
	}
	if ctx.Err() == nil {
		x.service(ctx, working)
	}
	return x.all
}

func (x *examination) add(f Finding) {
	x.all = append(x.all, f)
	if x.report != nil {
		x.report(f)
	}
}

func (x *examination) pass(check, target, text string) {
	x.add(Finding{Check: check, Target: target, Result: Pass, Text: text})
}

func (x *examination) skip(check, target, why string) {
	x.add(Finding{Check: check, Target: target, Result: Skip, Text: why})
}

// within returns a context for one check.
func (x *examination) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, x.Timeout)
}
