package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/impact"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/observe"
)

func newImpact(a *app) *cobra.Command {
	var declarations, instances []string
	cmd := &cobra.Command{
		Use:   "impact PLAN",
		Short: "Show what a planned change means for services",
		Long: `Show what a planned change means for services, key by key.

  live        the service takes the change at once
  restart     it takes effect when the service restarts
  overridden  a higher layer of the service has the key, so that the change has no effect
  unread      no field of the service has the key

What services read comes from their declarations, which nacre schema writes. Which layers override a
key is known only to running instances: with --instance they are asked at confighttp.JSON, and each
of them stands for the service whose keys are compared with it. No value is shown.`,
		Example: `  nacre impact prod.plan --declaration orders.schema.json,billing.schema.json
  nacre impact prod.plan --declaration orders.schema.json --instance 10.0.0.7:8080`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return exit.With(exit.Usage, err, "")
			}
			plan, err := release.DecodePlan(text)
			if err != nil {
				return err
			}
			if len(declarations) == 0 {
				return usage("no declaration is given; write one with nacre schema, and name it with --declaration")
			}
			if len(instances) > 0 && len(declarations) > 1 {
				return usage("--instance needs exactly one --declaration, that of the service that the instances run")
			}
			ctx, cancel := a.within(cmd.Context())
			defer cancel()
			services, err := a.services(ctx, declarations, instances)
			if err != nil {
				return err
			}
			for _, c := range plan.Documents {
				if c.Keys == nil && c.Action != "retype" {
					a.note("%s: its keys are not known, so its impact is not", c.DataID)
				}
			}
			return a.print(impactResult(impact.Of(services, changesOf(plan))))
		},
	}
	cmd.Flags().StringSliceVar(&declarations, "declaration", nil, "files that nacre schema has written")
	cmd.Flags().StringSliceVar(&instances, "instance", nil, "addresses of instances: HOST:PORT, or the URL of confighttp.JSON")
	return cmd
}

func changesOf(plan *release.Plan) (all []impact.Change) {
	for _, d := range plan.Documents {
		for _, k := range d.Keys {
			all = append(all, impact.Change{Document: d.DataID, Key: k.Key, Op: k.Op})
		}
	}
	return all
}

func (a *app) services(ctx context.Context, declarations, instances []string) ([]impact.Service, error) {
	var services []impact.Service
	for _, name := range declarations {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, exit.With(exit.Usage, err, "")
		}
		d, err := declaration.Parse(name, data)
		if err != nil {
			return nil, err
		}
		services = append(services, impact.Service{Declaration: d})
	}
	if len(instances) == 0 {
		return services, nil
	}
	instances, err := expand(ctx, instances)
	if err != nil {
		return nil, err
	}
	states := make([]*state, len(instances))
	if err := each(len(instances), func(i int) (err error) {
		states[i], err = a.instance(ctx, instances[i])
		return err
	}); err != nil {
		return nil, err
	}
	services[0].Overriding = func(document, key string) string {
		for i, s := range states {
			if place := s.overriding(document, key); place != "" {
				return fmt.Sprintf("%s on %s", place, instances[i])
			}
		}
		return ""
	}
	return services, nil
}

// overriding returns where a layer above that of a document has a key, and "" if none has.
func (s *state) overriding(document, key string) string {
	below, found := s.layerOf(document)
	if !found {
		return ""
	}
	rank := func(layer string) int {
		return slices.IndexFunc(s.Health.Layers, func(l observe.LayerHealth) bool { return l.Name == layer })
	}
	i := slices.IndexFunc(s.Report.Keys, func(x observe.Explanation) bool { return x.Key == key })
	if i < 0 {
		return ""
	}
	for _, v := range s.Report.Keys[i].LayerValues {
		if rank(v.Layer) > rank(below.Name) {
			return v.Position.String()
		}
	}
	return ""
}

func impactResult(all []impact.Effect) output.Result {
	if all == nil {
		all = []impact.Effect{}
	}
	r := output.Result{
		Value: struct {
			Items []impact.Effect `json:"items"`
		}{all},
		Header: []string{"SERVICE", "DOCUMENT", "KEY", "CHANGE", "EFFECT", "WHY"},
	}
	for _, e := range all {
		r.Rows = append(r.Rows, []string{e.Service, e.Document, e.Key, e.Op, e.What, e.Why})
		if !slices.Contains(r.Names, e.Service) {
			r.Names = append(r.Names, e.Service)
		}
	}
	return r
}
