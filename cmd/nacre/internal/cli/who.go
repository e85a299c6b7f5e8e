package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/peers"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/providers/nacos"
)

// user is who uses a config, in JSON.
type user struct {
	Instance string   `json:"instance"` // an IP address, or the address of --instance
	From     string   `json:"from"`     // listener or instance
	Version  int64    `json:"version,omitempty"`
	MD5      string   `json:"md5,omitempty"`
	Release  string   `json:"release,omitempty"`
	Status   string   `json:"status"`
	Why      []string `json:"why,omitempty"`
	identity

	failed error // why the instance could not be asked
}

func newWho(a *app) *cobra.Command {
	var instances []string
	cmd := &cobra.Command{
		Use:   "who CONFIG",
		Short: "Show who uses a config, and whether they have applied it",
		Long: `Show who uses a config, and whether they have applied what the server has.

Without addresses of instances, this asks the server for its listeners. It knows one md5 for each IP
address: of several processes with one address it reports one. A nacre service reports the md5 of
the content that is live, so "current" means applied, and "other" means that the content is on its
way, was rejected or is held. Other clients report what they have read. The query uses the HTTP
interface, for which a Nacos 3 requires an administrator.

With --instance, or the instances of the context, this asks each instance at confighttp.JSON, which
also says why a content was rejected or is held. dns:HOST:PORT stands for every address of the host,
such as the pods of a headless service. The server is then not asked for listeners.

  applied   the content of the server is live       held      waits for an approval
  current   as applied; the md5 is hidden, since    behind    has another content
            the document holds a secret             down      cannot read the server
  rejected  not valid; the previous one is live     stale     not verified for too long
  unused    reads no such document                  unknown   cannot be asked

The exit code is 3 if an instance cannot be reached, and 9 if the config does not exist and none of
them reads it. The table has the others all the same.

A warning names instances of one service that share an ID, and instances whose builds bind another
struct to the config than most of them, as during a deploy. In JSON these are the findings.`,
		Example: `  nacre who orders.yaml
  nacre who orders.yaml --instance 10.0.0.7:8080,10.0.0.8:8080
  nacre who orders.yaml -o json | jq '.items[] | select(.status != "applied")'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, t *target, dataID string, options []nacos.SourceOption) error {
				item, err := c.Get(ctx, dataID, options...)
				if err != nil && !absent(err) {
					return err
				}
				var items []user
				asked, wrong := expand(ctx, addresses(instances, t))
				if wrong != nil {
					return wrong
				}
				if len(asked) > 0 {
					items, err = a.askInstances(ctx, asked, dataID, item)
				} else {
					items, err = askListeners(ctx, c, dataID, item.MD5, options)
				}
				if err != nil {
					return err
				}
				missing, used := item.MD5 == "", slices.ContainsFunc(items, user.reads)
				switch {
				case missing && len(items) == 0:
					return exit.With(exit.NotFound, fmt.Errorf("config %s does not exist, and no client listens to it", t.full(args[0])), "nacre ls --all-groups lists the configs")
				case len(items) == 0:
					a.note("no client listens to %s", t.full(args[0]))
				case missing && used:
					a.note("config %s does not exist", t.full(args[0]))
				}
				found := compareUsers(items)
				if err := a.print(whoResult(args[0], item.MD5, items, found)); err != nil {
					return err
				}
				a.warn(found)
				if err := unasked(items); err != nil {
					return err
				}
				if missing && !used {
					return exit.With(exit.NotFound, fmt.Errorf("config %s does not exist, and no instance reads it", t.full(args[0])), "nacre ls --all-groups lists the configs")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringSliceVar(&instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	return cmd
}

func askListeners(ctx context.Context, c *nacos.Client, dataID, md5 string, options []nacos.SourceOption) ([]user, error) {
	listeners, err := c.Listeners(ctx, dataID, options...)
	if err != nil {
		return nil, overHTTP(err, "the list of listeners")
	}
	items := make([]user, len(listeners))
	for i, l := range listeners {
		items[i] = user{Instance: l.IP, From: "listener", MD5: l.MD5, Status: "other"}
		if l.MD5 == md5 {
			items[i].Status = "current"
		}
	}
	return items, nil
}

func (a *app) askInstances(ctx context.Context, asked []string, dataID string, item nacos.Item) ([]user, error) {
	items := make([]user, len(asked))
	return items, parallel.Each(ctx, workers, len(asked), func(ctx context.Context, i int) error {
		items[i] = a.askInstance(ctx, asked[i], dataID, item)
		return nil
	})
}

// askInstance returns what an instance has done with a config. One that does not answer is unknown.
func (a *app) askInstance(ctx context.Context, address, dataID string, item nacos.Item) user {
	u := user{Instance: address, From: "instance"}
	s, err := a.instance(ctx, address)
	if err != nil {
		u.Status, u.Why, u.failed = "unknown", unanswered(address, err), err
		return u
	}
	u.Version = s.Health.Version
	l, found := s.layerOf(dataID)
	if !found {
		u.Status = "unused"
		return u
	}
	u.identity = s.identity()
	u.MD5, u.Release = appliedMD5(l), l.Release
	u.Status, u.Why = verdict(l, item.MD5, item.Modified)
	return u
}

// reads reports whether an instance reads the config.
func (u user) reads() bool { return u.Status != "unused" && u.failed == nil }

// unasked returns the error of the instances that could not be asked.
func unasked(items []user) error {
	var names []string
	var first error
	for _, u := range items {
		if u.failed != nil {
			first = cmp.Or(first, u.failed)
			names = append(names, u.Instance)
		}
	}
	if len(names) < 2 {
		return first
	}
	return exit.With(exit.Of(first), fmt.Errorf("%s cannot be asked: %s", plural.Of(len(names), len(items), "instance"), strings.Join(names, ", ")), "")
}

// compareUsers compares the instances that read the config.
func compareUsers(items []user) []peers.Finding {
	all := make([]peers.Instance, len(items))
	for i, u := range items {
		all[i] = u.at(u.Instance)
	}
	return peers.Find(all)
}

func whoResult(name, md5 string, items []user, found []peers.Finding) output.Result {
	r := output.Result{
		Value: struct {
			Config   string          `json:"config"`
			MD5      string          `json:"md5,omitempty"`
			Items    []user          `json:"items"`
			Findings []peers.Finding `json:"findings,omitempty"`
		}{name, md5, items, found},
		Header: []string{"INSTANCE", "STATUS", "VERSION", "RELEASE", "MD5", "WHY"},
	}
	for _, u := range items {
		version := ""
		if u.Version > 0 {
			version = strconv.FormatInt(u.Version, 10)
		}
		r.Rows = append(r.Rows, []string{u.Instance, u.Status, version, u.Release, brief(u.MD5), strings.Join(u.Why, "; ")})
		r.Names = append(r.Names, u.Instance)
	}
	return r
}

func newExplain(a *app) *cobra.Command {
	var instances []string
	cmd := &cobra.Command{
		Use:   "explain [KEY]",
		Short: "Show where an instance has the value of a key from",
		Long: `Show where an instance has the value of a key from: first the live value with layer, document, line
and column, then the values that it overrides, and the default. Without KEY, show all keys.

The instance is asked at confighttp.JSON, so its service must serve that; no server is needed. An
instance hides the values of secrets. The exit code is 9 if the instance has no such key.`,
		Example: `  nacre explain db.pool --instance 10.0.0.7:8080
  nacre explain --instance https://orders.internal/debug/config.json -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(instances) == 0 {
				t, err := a.target()
				if err != nil || len(t.instances) == 0 {
					return usage("no instance is known; give --instance HOST:PORT, or list instances in the context")
				}
				instances = t.instances
			}
			ctx, cancel := a.within(cmd.Context())
			defer cancel()
			asked, err := expand(ctx, instances)
			if err != nil {
				return err
			}
			return a.explain(ctx, asked, args)
		},
	}
	cmd.Flags().StringSliceVar(&instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	return cmd
}

func (a *app) explain(ctx context.Context, instances, keys []string) error {
	answers := make([]explained, len(instances))
	err := parallel.Each(ctx, workers, len(instances), func(ctx context.Context, i int) error {
		s, err := a.instance(ctx, instances[i])
		if err != nil {
			return err
		}
		answers[i] = explained{Instance: instances[i], Version: s.Health.Version}
		for _, x := range s.Report.Keys {
			if len(keys) == 0 || x.Key == keys[0] || strings.HasPrefix(x.Key, keys[0]+".") || strings.HasPrefix(x.Key, keys[0]+"[") {
				answers[i].Keys = append(answers[i].Keys, x)
			}
		}
		if len(keys) > 0 && len(answers[i].Keys) == 0 {
			return errNoKey(instances[i], keys[0])
		}
		return nil
	})
	if err != nil {
		return err
	}
	r := output.Result{Value: struct {
		Items []explained `json:"items"`
	}{answers}}
	for _, answer := range answers {
		for _, x := range answer.Keys {
			r.Names = append(r.Names, x.Key)
		}
	}
	r.Text = func(w io.Writer) error {
		for _, answer := range answers {
			if len(answers) > 1 {
				fmt.Fprintln(w, a.paint().Bold(answer.Instance))
			}
			for _, x := range answer.Keys {
				for line := range strings.Lines(x.String()) {
					fmt.Fprintln(w, output.Clean(strings.TrimRight(line, "\n")))
				}
			}
		}
		return nil
	}
	return a.print(r)
}
