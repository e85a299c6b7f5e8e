package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/strictyaml"
	"github.com/nacre-go/nacre/route"
)

// listedInstance is an instance in the file of --instances.
type listedInstance struct {
	ID        string            `yaml:"id"`
	Service   string            `yaml:"service"`
	Version   string            `yaml:"version"`
	Profile   string            `yaml:"profile"`
	Namespace string            `yaml:"namespace"`
	Labels    map[string]string `yaml:"labels"`
}

func readInstances(name string) ([]route.Instance, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	var listed []listedInstance
	if err := strictyaml.Decode(data, &listed); err != nil {
		return nil, exit.With(exit.Invalid, fmt.Errorf("%s: %w", name, err), "")
	}
	if len(listed) == 0 {
		return nil, exit.With(exit.Invalid, fmt.Errorf("%s lists no instance", name), "")
	}
	var all []route.Instance
	for i, l := range listed {
		if l.ID == "" {
			return nil, exit.With(exit.Invalid, fmt.Errorf("%s: instance %d has no id", name, i+1), "")
		}
		all = append(all, route.Instance{Namespace: l.Namespace, Service: l.Service, Version: l.Version, Profile: l.Profile, ID: l.ID, Labels: l.Labels})
	}
	return all, nil
}

// move is an instance whose route differs.
type move struct {
	Instance string  `json:"instance"`
	Service  string  `json:"service,omitempty"`
	From     *routed `json:"from,omitempty"` // absent: no rule matches
	To       *routed `json:"to,omitempty"`
}

func newRouteDiff(a *app) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show which instances another routing document moves to another rule",
		Long: `Show which instances move to another rule, or to other documents, if the routing document OLD is
replaced by NEW. Both are files. An instance that no rule of NEW matches keeps its previous route
while it runs, and does not start without a copy.

--instances is a YAML or JSON file with a list of the instances. Each has an id, which is
Config.InstanceID or the name of its host, and service, version, profile, namespace and labels.

The exit code is 1 if an instance moves, and 5 if a document has mistakes.`,
		Example: `  nacre get orders.routes.yaml > live.yaml
  nacre route diff live.yaml prod/orders.routes.yaml --instances fleet.yaml`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if file == "" {
				return usage("no instances are given; list them in a file, and name it with --instances")
			}
			before, err := routesFile(args[0])
			if err != nil {
				return err
			}
			after, err := routesFile(args[1])
			if err != nil {
				return err
			}
			instances, err := readInstances(file)
			if err != nil {
				return err
			}
			moves := []move{}
			r := output.Result{Header: []string{"INSTANCE", "SERVICE", "FROM", "TO"}}
			for _, in := range instances {
				from, err := mayRoute(before, in)
				if err != nil {
					return fmt.Errorf("instance %s: %w", in.ID, err)
				}
				to, err := mayRoute(after, in)
				if err != nil {
					return fmt.Errorf("instance %s: %w", in.ID, err)
				}
				if from == nil && to == nil || from != nil && to != nil && !moved(*from, *to) {
					continue
				}
				moves = append(moves, move{in.ID, in.Service, from, to})
				r.Rows = append(r.Rows, []string{in.ID, in.Service, ruleText(from), ruleText(to)})
				r.Names = append(r.Names, in.ID)
			}
			r.Value = struct {
				Instances int    `json:"instances"`
				Moves     []move `json:"moves"`
			}{len(instances), moves}
			if err := a.print(r); err != nil {
				return err
			}
			a.note("%s would move", plural.Of(len(moves), len(instances), "instance"))
			if len(moves) > 0 {
				return differs()
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "instances", "", "file with a list of the instances")
	return cmd
}

// mayRoute is routeOf with nil for an instance that no rule matches.
func mayRoute(t *route.Table, in route.Instance) (*routed, error) {
	r, err := routeOf(t, in)
	if e, ok := errors.AsType[*exit.Error](err); ok && e.Code == exit.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

func ruleText(r *routed) string {
	if r == nil {
		return "no rule"
	}
	return r.Rule
}
