package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/route"
	"github.com/nacre-go/nacre/source"
)

func newRoute(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "route",
		Short: "Check routing documents, and show which documents an instance has",
		Long: `Check routing documents, and show which documents an instance has.

A routing document lists rules; the first that matches the service, the version and the labels of an
instance names its documents. Package route describes it.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRouteCheck(a), newRouteExplain(a), newRouteDiff(a))
	return cmd
}

// routesFile reads and parses a routing document. A mistake in it is an error with exit.Invalid.
func routesFile(name string) (*route.Table, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	format := source.FormatOf(name)
	if format != source.FormatYAML && format != source.FormatJSON {
		return nil, usage("the extension of %s does not say that it is YAML or JSON; name the file of a routing document *.yaml, *.yml or *.json", name)
	}
	return parseRoutes(name, format, data)
}

func parseRoutes(name, format string, data []byte) (*route.Table, error) {
	t, err := route.Parse(name, format, data)
	if err != nil {
		return nil, exit.With(exit.Invalid, err, "")
	}
	return t, nil
}

func newRouteCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Check routing documents",
		Long: `Check routing documents: their form, labels and services that are not declared, rules that never
match, rules that match the same instances, and two rules of one name. Each mistake names its line.

The exit code is 0 if all of them are right, and 5 if not.`,
		Example: `  nacre route check prod/orders.routes.yaml
  nacre route check prod/*.routes.yaml -o json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			type mistake struct {
				Document string `json:"document"`
				Line     int    `json:"line,omitempty"`
				Key      string `json:"key,omitempty"`
				Text     string `json:"text"`
			}
			mistakes := []mistake{}
			r := output.Result{}
			for _, name := range args {
				_, err := routesFile(name)
				problems, ok := errors.AsType[source.Problems](err)
				if err != nil && !ok {
					return err
				}
				for _, p := range problems {
					mistakes = append(mistakes, mistake{name, p.Position.Line, p.Key, p.Error()})
					r.Names = append(r.Names, name)
				}
			}
			r.Value = struct {
				Problems []mistake `json:"problems"`
			}{mistakes}
			r.Text = func(w io.Writer) error {
				for _, m := range mistakes {
					if _, err := fmt.Fprintln(w, a.paint().Red("error")+"  "+output.Clean(m.Text)); err != nil {
						return err
					}
				}
				return nil
			}
			if err := a.print(r); err != nil || len(mistakes) == 0 {
				return err
			}
			return exit.With(exit.Invalid, errors.New("instances would keep their previous routes: "+plural.Count(len(mistakes), "problem")), "")
		},
	}
}

// routed is what a routing document selects, in JSON.
type routed struct {
	Rule      string           `json:"rule"`
	Reason    string           `json:"reason"`
	Misses    []string         `json:"misses,omitempty"`
	Documents []routedDocument `json:"documents"`
}

type routedDocument struct {
	DataID       string `json:"data_id"`
	Group        string `json:"group,omitempty"`
	Namespace    string `json:"namespace,omitempty"`
	Format       string `json:"format,omitempty"`
	Optional     bool   `json:"optional,omitempty"`
	AllowUnknown bool   `json:"allow_unknown,omitempty"`
	Reason       string `json:"reason"`
}

// name returns the data ID, after the group and the namespace if the routing document names them.
func (d routedDocument) name() string {
	text := d.DataID
	if d.Group != "" {
		text = d.Group + "/" + text
	}
	if d.Namespace != "" {
		text += " in " + d.Namespace
	}
	return text
}

// routeOf returns the route of an instance. An instance without one is an error with exit.NotFound.
func routeOf(t *route.Table, in route.Instance) (routed, error) {
	set, err := t.Route(in)
	switch {
	case errors.Is(err, source.NotFound):
		return routed{}, exit.With(exit.NotFound, err, "")
	case err != nil:
		return routed{}, exit.With(exit.Usage, err, "give what the rules and templates need with --service, --version, --profile, --label and --instance-id")
	}
	r := routed{Rule: routing.Rule(set.Reason), Reason: set.Reason, Misses: set.Misses, Documents: []routedDocument{}}
	for _, d := range set.Documents {
		r.Documents = append(r.Documents, routedDocument{d.DataID, d.Group, d.Namespace, d.Format, d.Optional, d.AllowUnknown, d.Reason})
	}
	return r, nil
}

func newRouteExplain(a *app) *cobra.Command {
	var in route.Instance
	var labels []string
	cmd := &cobra.Command{
		Use:   "explain FILE|CONFIG",
		Short: "Show which documents an instance has, and why",
		Long: `Show which rule of a routing document matches an instance, which documents it has by that rule, and
why the earlier rules do not match.

A name that is not a file on this machine is a config on the server: a data ID, GROUP/DATA-ID or
NAMESPACE/GROUP/DATA-ID. One that begins with ./, ../, / or file: is always a file. What the flags
do not say of the instance is not known to the rules. The exit code is 9 if no rule matches the
instance, and 5 if the document has mistakes.`,
		Example: `  nacre route explain prod/orders.routes.yaml --service orders --version v2.3.1
  nacre route explain orders.routes.yaml --context prod --service orders --label zone=a --instance-id orders-3`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Labels = map[string]string{}
			for _, l := range labels {
				name, value, ok := strings.Cut(l, "=")
				if !ok || name == "" {
					return usage("--label %q is not NAME=VALUE", l)
				}
				in.Labels[name] = value
			}
			file := filePath(args[0])
			if _, err := os.Stat(file); err == nil || isFile(args[0]) {
				t, err := routesFile(file)
				if err != nil {
					return err
				}
				in.Namespace = namespaceName(a.flags.namespace)
				return a.explainRoute(t, in)
			}
			found := false
			err := a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, _ *target, dataID string, options []nacos.SourceOption) error {
				item, err := c.Get(ctx, dataID, options...)
				if err != nil {
					return err
				}
				found = true
				format := source.FormatOf(dataID)
				if format == "" {
					format = source.FormatOf("x." + item.Type)
				}
				t, err := parseRoutes(dataID, format, item.Content)
				if err != nil {
					return err
				}
				in.Namespace = namespaceName(item.Key.Namespace)
				return a.explainRoute(t, in)
			})
			if err != nil && !found {
				return fmt.Errorf("no file is named %s, so it is a config on the server: %w", args[0], err)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Service, "service", "", "name of the service, Config.AppName")
	f.StringVar(&in.Version, "version", "", "version of the service, Config.AppVersion")
	f.StringVar(&in.Profile, "profile", "", "profile, Config.Profile")
	f.StringVar(&in.ID, "instance-id", "", "what percentages are drawn by: Config.InstanceID, or the name of the host")
	f.StringSliceVar(&labels, "label", nil, "labels, Config.Labels: zone=a,lane=blue")
	return cmd
}

func (a *app) explainRoute(t *route.Table, in route.Instance) error {
	r, err := routeOf(t, in)
	if err != nil {
		return err
	}
	result := output.Result{Value: r}
	for _, d := range r.Documents {
		result.Names = append(result.Names, d.DataID)
	}
	result.Text = func(w io.Writer) error {
		lines := []string{r.Reason}
		for _, d := range r.Documents {
			text := "  " + d.name()
			if d.Optional {
				text += " (optional)"
			}
			if d.Reason != r.Reason {
				text += " (" + d.Reason + ")"
			}
			lines = append(lines, text)
		}
		for _, miss := range r.Misses {
			lines = append(lines, "not "+miss)
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, output.Clean(line)); err != nil {
				return err
			}
		}
		return nil
	}
	return a.print(result)
}

// moved reports whether two routes of an instance differ: their documents, or the names of their
// rules. A rule without a name is known by its number, which another rule before it changes.
func moved(before, after routed) bool {
	names := func(r routed) []string {
		_, name, _ := strings.Cut(r.Rule, " (")
		all := []string{name}
		for _, d := range r.Documents {
			all = append(all, fmt.Sprintf("%s %s %t %t", d.name(), d.Format, d.Optional, d.AllowUnknown))
		}
		return all
	}
	return !slices.Equal(names(before), names(after))
}
