package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/peers"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos"
)

func newRollout(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollout",
		Short: "See how far a change has got",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRolloutStatus(a))
	return cmd
}

// following are the flags of a command that waits for instances.
type following struct {
	instances  []string
	watch      bool
	interval   time.Duration
	maxRefused float64
	least      int
	metered
}

func newRolloutStatus(a *app) *cobra.Command {
	var f following
	cmd := &cobra.Command{
		Use:   "status CONFIG",
		Short: "Wait until all instances have applied a config",
		Long: `Wait until all instances have applied what the server has of a config, and acted on it.

Each instance is asked at confighttp.JSON. Name all of them: with --instance, or in the context. An
address dns:HOST:PORT stands for every address that the host has, such as the pods of a headless
service. Without addresses the server is asked for its listeners, which has one row for each IP
address, and cannot say why an instance refuses a content.

With --prometheus, a Prometheus is asked in their place, for the targets that --selector names. Its
answer is as old as a scrape. No metric has the md5 of a document: an instance has applied the
content if it has verified and accepted its contents after the publish, so the clocks of the server
and of the instances must agree to a second. Of a rejected content the metrics know the kinds of the
problems, and neither the key nor the position. Credentials come from NACRE_PROMETHEUS_TOKEN,
NACRE_PROMETHEUS_TOKEN_FILE, or NACRE_PROMETHEUS_USER and NACRE_PROMETHEUS_PASSWORD.

  RECEIVED  the instance has read the content that the server has
  APPLIED   the content is valid and live
  ACTED     the subscribers have ended their calls, and no resource failed to build

The command ends with 0 when every instance has acted, and with 7 when --timeout has passed, or at
once when more than --max-refused percent of the instances reject the content or hold it.
--min-instances is the number of instances that must be known: without it, one.

A warning names instances of one service that share an ID, and instances whose builds bind another
struct to the config than most of them, as during a deploy. In JSON these are the findings.`,
		Example: `  nacre rollout status orders.yaml --instance dns:orders.prod.svc:8080 --timeout 5m
  nacre rollout status orders.yaml --prometheus http://prometheus:9090 --selector 'job="orders"'
  nacre rollout status orders.yaml --watch=false -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.maxRefused < 0 || f.maxRefused > 100 {
				return usage("--max-refused %v is not a percentage", f.maxRefused)
			}
			if f.least < 0 {
				return usage("--min-instances %d is negative", f.least)
			}
			if f.interval <= 0 {
				return usage("--interval %v is not positive", f.interval)
			}
			if err := f.check(f.instances); err != nil {
				return err
			}
			return a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, t *target, dataID string, options []nacos.SourceOption) error {
				item, err := c.Get(ctx, dataID, options...)
				if err != nil {
					return err
				}
				ask := func(ctx context.Context) ([]progress, error) {
					if asked := addresses(f.instances, t); len(asked) > 0 {
						return a.askSince(ctx, asked, dataID, item.MD5, item.Modified)
					}
					return listenerProgress(ctx, c, dataID, item.MD5, options)
				}
				if f.prometheus != "" {
					if ask, err = a.metrics(f.metered, item); err != nil {
						return err
					}
				}
				return a.follow(ctx, args[0], item.MD5, f, ask)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	flags.BoolVarP(&f.watch, "watch", "w", true, "wait; with --watch=false, report once")
	flags.DurationVar(&f.interval, "interval", time.Second, "how often the instances are asked")
	flags.Float64Var(&f.maxRefused, "max-refused", 0, "percentage of instances that may refuse the content")
	f.addFlags(cmd)
	flags.IntVar(&f.least, "min-instances", 1, "number of instances that must be known; 0 before a service exists")
	return cmd
}

// progress is how far one instance has got, in JSON.
type progress struct {
	Instance string   `json:"instance"`
	From     string   `json:"from"` // listener, instance or prometheus
	Received bool     `json:"received"`
	Applied  bool     `json:"applied"`
	Acted    bool     `json:"acted"`
	Refused  bool     `json:"refused,omitempty"`
	Status   string   `json:"status"`
	Version  int64    `json:"version,omitempty"`
	Why      []string `json:"why,omitempty"`
	identity
}

// askSince asks all instances about a content that was published at a time.
func (a *app) askSince(ctx context.Context, asked []string, dataID, md5 string, published time.Time) ([]progress, error) {
	return a.askChanges(ctx, asked, func(address string, s *state) progress { return progressOf(address, s, dataID, md5, published) })
}

// unknown are instances that have not answered.
func unknown(asked []string) []progress {
	items := make([]progress, len(asked))
	for i, address := range asked {
		items[i] = progress{Instance: address, From: "instance", Status: "unknown"}
	}
	return items
}

// progressOf reads how far an instance has got from its state.
func progressOf(address string, s *state, dataID, md5 string, published time.Time) progress {
	p := progress{Instance: address, From: "instance", Version: s.Health.Version}
	l, found := s.layerOf(dataID)
	if !found {
		p.Status = "unused"
		return p
	}
	p.identity = s.identity()
	p.Status, p.Why = verdict(l, md5, published)
	p.Applied = p.Status == "applied" || p.Status == "current"
	p.Refused = p.Status == "rejected" || p.Status == "held"
	p.Received = p.Applied || p.Refused || strings.Contains(string(l.Latest), md5)
	if p.Applied {
		p.Why = append(p.Why, waiting(s.Health)...)
		p.Acted = len(p.Why) == 0
	}
	return p
}

// waiting says what of an instance has not acted on the live version.
func waiting(h observe.Health) (why []string) {
	for _, s := range h.Subscribers {
		switch {
		case s.Pending || !s.RunningSince.IsZero():
			why = append(why, "subscriber "+s.Name+" is busy")
		case s.LastError != "":
			why = append(why, "subscriber "+s.Name+" failed: "+s.LastError)
		}
	}
	for _, r := range h.Resources {
		if r.LastError != "" {
			why = append(why, "resource "+r.Name+" failed: "+r.LastError)
		}
	}
	if err := h.Ready(); err != nil {
		why = append(why, err.Error())
	}
	return why
}

// listenerProgress asks the server which md5 its listeners have.
func listenerProgress(ctx context.Context, c *nacos.Client, dataID, md5 string, options []nacos.SourceOption) ([]progress, error) {
	users, err := askListeners(ctx, c, dataID, md5, options)
	items := make([]progress, len(users))
	for i, u := range users {
		applied := u.Status == "current"
		items[i] = progress{Instance: u.Instance, From: u.From, Status: u.Status, Received: applied, Applied: applied, Acted: applied}
	}
	return items, err
}

// follow asks until all instances have acted, too many refuse, or ctx ends, and prints the last
// answers. After the first answer, who is asked may be out of reach for a while.
func (a *app) follow(ctx context.Context, name, md5 string, f following, ask func(context.Context) ([]progress, error)) error {
	line := progressLine{w: a.env.Err, inPlace: terminal.Is(a.env.Err)}
	defer line.end()
	ticker := time.NewTicker(f.interval)
	defer ticker.Stop()
	var last []progress
	for {
		items, err := ask(ctx)
		switch {
		case ctx.Err() != nil && last != nil:
			line.end()
			return a.outcome(name, md5, last, f, ctx.Err())
		case err != nil && last != nil && exit.Of(err) == exit.Unreachable:
			line.show(summary(last) + "; asking again: " + err.Error())
		case err != nil:
			return err
		default:
			last = items
			line.show(summary(items))
			if !f.watch || settled(items, f.least) || refusedTooOften(items, f.maxRefused) {
				line.end()
				return a.outcome(name, md5, items, f, nil)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			line.end()
			return a.outcome(name, md5, last, f, ctx.Err())
		}
	}
}

// settled reports whether enough instances are known, and every one has acted, or refuses the
// content.
func settled(items []progress, least int) bool {
	return len(items) >= least && !slices.ContainsFunc(items, func(p progress) bool { return !p.Acted && !p.Refused })
}

func refusedTooOften(items []progress, percent float64) bool {
	refused := count(items, func(p progress) bool { return p.Refused })
	return refused > 0 && float64(refused)*100 > percent*float64(len(items))
}

func count[T any](items []T, f func(T) bool) (n int) {
	for _, p := range items {
		if f(p) {
			n++
		}
	}
	return n
}

func summary(items []progress) string {
	return fmt.Sprintf("%s: %d received, %d applied, %d acted, %d refused", plural.Count(len(items), "instance"),
		count(items, func(p progress) bool { return p.Received }), count(items, func(p progress) bool { return p.Applied }),
		count(items, func(p progress) bool { return p.Acted }), count(items, func(p progress) bool { return p.Refused }))
}

// outcome prints the answers, and returns the error of what is not done.
func (a *app) outcome(name, md5 string, items []progress, f following, ended error) error {
	found := compareProgress(items)
	if err := a.print(rolloutResult(name, md5, items, found)); err != nil {
		return err
	}
	a.warn(found)
	refused := count(items, func(p progress) bool { return p.Refused })
	missing := count(items, func(p progress) bool { return !p.Acted && !p.Refused })
	switch {
	case errors.Is(ended, context.Canceled):
		return ended
	case refusedTooOften(items, f.maxRefused):
		return exit.With(exit.NotConverged, fmt.Errorf("%s %s the content", plural.Of(refused, len(items), "instance"), plural.Verb(refused, "refuses", "refuse")), remedy(items))
	case len(items) < f.least:
		return exit.With(exit.NotConverged, fmt.Errorf("found %s, and at least %d must be known", plural.Count(len(items), "instance"), f.least),
			f.whereElse())
	case missing > 0:
		return exit.With(exit.NotConverged, fmt.Errorf("%s %s not acted on the content", plural.Of(missing, len(items), "instance"), plural.Verb(missing, "has", "have")), "")
	}
	return nil
}

// whereElse says what to do about instances that are not known.
func (f *following) whereElse() string {
	if f.prometheus != "" {
		return "check --selector, --config-name and --layer, or give --min-instances 0 if no service runs yet"
	}
	return "give --instance, list instances in the context, or give --min-instances 0 if no service runs yet"
}

// compareProgress compares the instances that read the config.
func compareProgress(items []progress) []peers.Finding {
	all := make([]peers.Instance, len(items))
	for i, p := range items {
		all[i] = p.at(p.Instance)
	}
	return peers.Find(all)
}

func rolloutResult(name, md5 string, items []progress, found []peers.Finding) output.Result {
	r := output.Result{
		Value: struct {
			Config   string          `json:"config"`
			MD5      string          `json:"md5"`
			Items    []progress      `json:"items"`
			Findings []peers.Finding `json:"findings,omitempty"`
		}{name, md5, items, found},
		Header: []string{"INSTANCE", "RECEIVED", "APPLIED", "ACTED", "STATUS", "VERSION", "WHY"},
	}
	for _, p := range items {
		version := ""
		if p.Version > 0 {
			version = strconv.FormatInt(p.Version, 10)
		}
		r.Rows = append(r.Rows, []string{p.Instance, yes(p.Received), yes(p.Applied), yes(p.Acted), p.Status, version, strings.Join(p.Why, "; ")})
		if !p.Acted {
			r.Names = append(r.Names, p.Instance)
		}
	}
	return r
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// progressLine is a line that a terminal shows in one place, and a log whenever it differs.
type progressLine struct {
	w       io.Writer
	inPlace bool
	last    string
}

func (l *progressLine) show(text string) {
	if text == l.last {
		return
	}
	if l.last = text; l.inPlace {
		fmt.Fprintf(l.w, "\r\x1b[K%s", text)
		return
	}
	fmt.Fprintln(l.w, text)
}

// end removes the line from a terminal. It may be called more than once.
func (l *progressLine) end() {
	if l.inPlace && l.last != "" {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.last = ""
	}
}

// remedy says what to do about instances that refuse a content: one that is held may be good.
func remedy(items []progress) string {
	const rejected, held = "publish the previous content, or correct it", "nacre instance approve or unpin applies a content that is held"
	switch count(items, func(p progress) bool { return p.Status == "held" }) {
	case 0:
		return rejected
	case count(items, func(p progress) bool { return p.Refused }):
		return held
	}
	return rejected + "; " + held
}
