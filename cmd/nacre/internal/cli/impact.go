package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/impact"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
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

What services read comes from their declarations, which nacre schema writes. With --instance,
running instances of the one service are asked at confighttp.JSON. They know which layers override a
key, and what a change concerns: resources that are built again, subscribers that are called, and
sections. A part with a question mark may be concerned; its service cannot tell. A declaration that
nacre schema --instance has written names these parts too.

Below the table are the documents that the guards of instances would hold, with the reason: they
lose too many keys (MaxKeyLoss), their layer has had too many bad changes (MaxBadChanges), they were
rolled back before (quarantine), or a version is pinned (pin). Then plan for nacre instance approve
or unpin. Without --instance, only the first of these is known. No value is shown.`,
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
			return a.print(impactResult(impact.Of(services, changesOf(plan)), impact.Holds(services, publicationsOf(plan))))
		},
	}
	cmd.Flags().StringSliceVar(&declarations, "declaration", nil, "files that nacre schema has written")
	cmd.Flags().StringSliceVar(&instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
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

func publicationsOf(plan *release.Plan) (all []impact.Publication) {
	for _, d := range plan.Documents {
		all = append(all, impact.Publication{Document: d.DataID, MD5: d.MD5, Loss: d.Loss})
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
	states, err := a.states(ctx, instances)
	services[0].Instances = states
	return services, err
}

// states asks all instances for their state; dns:HOST:PORT stands for several.
func (a *app) states(ctx context.Context, instances []string) ([]impact.Instance, error) {
	asked, err := expand(ctx, instances)
	if err != nil {
		return nil, err
	}
	states := make([]impact.Instance, len(asked))
	err = parallel.Each(ctx, workers, len(asked), func(ctx context.Context, i int) error {
		s, err := a.instance(ctx, asked[i])
		if err == nil {
			states[i] = impact.Instance{Address: asked[i], Health: s.Health, Report: s.Report, LayerOf: s.layerOf}
		}
		return err
	})
	return states, err
}

func impactResult(effects []impact.Effect, holds []impact.Hold) output.Result {
	if effects == nil {
		effects = []impact.Effect{}
	}
	r := output.Result{Value: struct {
		Items []impact.Effect `json:"items"`
		Holds []impact.Hold   `json:"holds,omitempty"`
	}{effects, holds}}
	header := []string{"SERVICE", "DOCUMENT", "KEY", "CHANGE", "EFFECT", "CONCERNS", "WHY"}
	var rows [][]string
	for _, e := range effects {
		var readers []string
		for _, one := range e.Readers {
			text := one.Kind + " " + one.Name
			if one.Unknown {
				text += "?"
			}
			readers = append(readers, text)
		}
		rows = append(rows, []string{e.Service, e.Document, e.Key, e.Op, e.What, strings.Join(readers, ", "), e.Why})
		if !slices.Contains(r.Names, e.Service) {
			r.Names = append(r.Names, e.Service)
		}
	}
	r.Text = func(w io.Writer) error {
		if err := output.Write(w, output.Table, output.Result{Header: header, Rows: rows}); err != nil {
			return err
		}
		for _, h := range holds {
			fmt.Fprintf(w, "%s\n  %s\n", output.Clean(h.String()), output.Clean(h.Fix))
		}
		return nil
	}
	return r
}
