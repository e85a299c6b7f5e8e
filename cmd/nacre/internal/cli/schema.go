package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/declaration"
	"github.com/nacre-go/nacre/cmd/nacre/internal/impact"
)

func newSchema(a *app) *cobra.Command {
	var typ, options, service string
	var documents []string
	var only bool
	var instances []string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Write what a service declares: its keys and its JSON Schema",
		Long: `Write what a service declares: its keys, which of them need a restart, and its JSON Schema.

Keep the file in the repository of the documents. nacre check --schema validates with it, and nacre
impact says what a change means for the service. The struct is compiled with the go command, in the
folder of the service's module. With --options the file also has the keys of sections, and the
limits of the change guard.

With --instance, a running instance tells at confighttp.JSON which resources, subscribers and
sections read which keys, and the limits of its guard, so that nacre impact knows them without
asking an instance.`,
		Example: `  nacre schema -t ./internal/conf.Config --service orders > orders.schema.json
  nacre schema -t ./internal/conf.Config --service orders --instance 10.0.0.7:8080
  nacre schema -t ./internal/conf.Config --json-schema-only > schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if typ == "" {
				return usage("no struct is named; give --type, such as ./internal/conf.Config")
			}
			if service == "" && !only {
				return usage("no service is named; give --service")
			}
			t, err := check.ParseType(typ)
			if err != nil {
				return err
			}
			t.Options, t.Env = options, a.env.Environ
			d, err := t.Declare(cmd.Context())
			if err != nil {
				return err
			}
			d.Service, d.Documents = service, documents
			if err := a.tell(cmd.Context(), d, instances); err != nil {
				return err
			}
			var value any = d
			if only {
				value = d.Schema
			}
			text, err := json.MarshalIndent(value, "", "  ")
			if err != nil {
				return err
			}
			fmt.Fprintf(a.env.Out, "%s\n", text)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&typ, "type", "t", "", "struct of the service in a Go module, such as ./internal/conf.Config")
	f.StringVar(&options, "options", "", "function of the package of --type that returns the nacre.Options of the service")
	f.StringVar(&service, "service", "", "name of the service")
	f.StringSliceVar(&documents, "document", nil, "data IDs of the service, the lowest layer first")
	f.BoolVar(&only, "json-schema-only", false, "write the JSON Schema alone")
	f.StringSliceVar(&instances, "instance", nil, "address of a running instance: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	return cmd
}

// tell adds to a declaration what running instances say of the service.
func (a *app) tell(ctx context.Context, d *declaration.Declaration, instances []string) error {
	if len(instances) == 0 {
		return nil
	}
	ctx, cancel := a.within(ctx)
	defer cancel()
	states, err := a.states(ctx, instances)
	if err != nil {
		return err
	}
	for _, s := range states {
		d.Guard = &s.Health.Guard
		for _, section := range s.Health.Sections {
			if !slices.Contains(d.Sections, section.Key) {
				d.Sections = append(d.Sections, section.Key)
			}
		}
	}
	d.Readers = impact.Readers(states)
	return nil
}
