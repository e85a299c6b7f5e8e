package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
	"github.com/nacre-go/nacre/source"
)

func newOnce(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "once",
		Short: "Create the record of a hook that a fleet runs once, and show what became of it",
		Long: `Create the record of a hook that a fleet runs once, and show what became of it.

A hook of package fleetonce runs in one instance of a fleet for each version of a part of the
config. The instances share a record, a config of its own.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOnceCreate(a), newOnceStatus(a), newOnceRetry(a))
	return cmd
}

// hookRecord is the record of a hook in JSON.
type hookRecord struct {
	Namespace string `json:"namespace"`
	Group     string `json:"group"`
	DataID    string `json:"data_id"`
	Hook      string `json:"hook"`
	State     string `json:"state"` // waiting, running, done, failed
	Version   string `json:"version,omitempty"`
	Token     int64  `json:"token"`
	Attempt   int    `json:"attempt"`
	Holder    string `json:"holder,omitempty"`
	Reason    string `json:"reason,omitempty"`
	// Since is when the record was written, by the clock of the server.
	Since time.Time `json:"since,omitzero"`
}

// openHook is openConfig for the record of a hook.
func (a *app) openHook(ctx context.Context, arg string, consent *consent, f func(ctx context.Context, h *hookTarget) error) error {
	t, err := a.target()
	if err != nil {
		return err
	}
	h := &hookTarget{arg: arg, t: t}
	if h.dataID, h.options, err = t.at(arg); err != nil {
		return err
	}
	if consent != nil {
		if err := consent.check(t); err != nil {
			return err
		}
	}
	return a.openTarget(ctx, t, func(ctx context.Context, c *nacos.Client, _ *target) error {
		h.client, h.store = c, nacosonce.New(c, h.dataID, h.options...)
		return f(ctx, h)
	})
}

// hookTarget is the record that an argument names.
type hookTarget struct {
	arg, dataID string
	options     []nacos.SourceOption
	t           *target
	client      *nacos.Client
	store       fleetonce.Store
}

func (h *hookTarget) name() string { return h.t.full(h.arg) }

// read returns what the record says.
func (h *hookTarget) read(ctx context.Context) (hookRecord, error) {
	item, err := h.client.GetStored(ctx, h.dataID, h.options...) // as the store reads it, with its time
	if absent(err) {
		if _, missing := h.client.Get(ctx, h.dataID, h.options...); errors.Is(missing, nacos.NamespaceNotFound) {
			return hookRecord{}, missing
		}
	}
	if err != nil {
		return hookRecord{}, h.explain(err)
	}
	s, err := fleetonce.Record{Data: item.Content}.Status()
	if err != nil {
		return hookRecord{}, h.explain(err)
	}
	return hookRecord{
		Namespace: namespaceName(item.Key.Namespace), Group: item.Key.Group, DataID: h.dataID,
		Hook: s.Hook, State: string(s.State), Version: s.RecordVersion, Token: s.Token, Attempt: s.Attempt,
		Holder: s.Holder, Reason: s.Reason, Since: item.Modified,
	}, nil
}

// explain replaces what an error of the library tells a programmer.
func (h *hookTarget) explain(err error) error {
	cause := err
	if e, ok := errors.AsType[*source.Error](err); ok && e.Err != nil {
		cause = e.Err
	}
	switch source.KindOf(err) { //nolint:exhaustive // the others are as they are
	case source.NotFound:
		return exit.With(exit.NotFound, fmt.Errorf("record %s does not exist", h.name()), "create it with nacre once create HOOK "+h.arg)
	case source.Malformed:
		return exit.With(exit.Invalid, fmt.Errorf("config %s is not a record of a hook: %w", h.name(), cause), "")
	case source.Conflict:
		return exit.With(exit.Conflict, fmt.Errorf("record %s: %w", h.name(), cause), "look at it with nacre once status "+h.arg)
	}
	if errors.Is(err, nacos.NotSupported) {
		return exit.With(exit.Failed, err, "keep the record on a Nacos 2 or 3")
	}
	return err
}

func newOnceCreate(a *app) *cobra.Command {
	var consent consent
	var ifMissing bool
	cmd := &cobra.Command{
		Use:   "create HOOK CONFIG",
		Short: "Create the record of a hook",
		Long: `Create the record of a hook, before the first instance with the hook starts. HOOK is the name that
the service gives it in fleetonce.Do, and CONFIG the data ID of its store, which no service may read
as configuration.

The exit code is 6 if the config exists. With --if-missing it is 0 if the config is the record of
this hook, so that each run of a pipeline may create it.

Create a record in one place only, and not at the same time twice: on a Nacos server, two creations
at the same moment may both succeed, and the second one would replace a claim of an instance. The
command first checks, with a config of its own, nacre.probe.*, that the server honors
compare-and-set. r-nacos does not.

A protected context requires --yes and --reason. The reason is not stored.`,
		Example: `  nacre once create warm-cache orders.warm-cache
  nacre once create warm-cache payments/orders.warm-cache --if-missing --context prod --yes --reason OPS-123`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.openHook(cmd.Context(), args[1], &consent, func(ctx context.Context, h *hookTarget) error {
				action := "created"
				err := fleetonce.Create(ctx, h.store, args[0])
				switch {
				case err == nil:
				case source.KindOf(err) != source.Conflict:
					return h.explain(err)
				case !ifMissing:
					return exit.With(exit.Conflict, fmt.Errorf("config %s exists", h.name()), "nacre once status "+h.arg+" shows it, and --if-missing accepts it")
				default:
					action = "exists"
				}
				found, err := h.read(ctx)
				switch {
				case err != nil:
					return err
				case found.Hook != args[0]:
					return exit.With(exit.Conflict, fmt.Errorf("record %s is that of hook %q", h.name(), found.Hook), "give each hook a record of its own")
				}
				return a.print(output.Result{
					Value: struct {
						Action string `json:"action"` // created, exists
						hookRecord
					}{action, found},
					Text: func(w io.Writer) error {
						_, err := fmt.Fprintf(w, "%s %s, the record of hook %s\n", action, output.Clean(h.name()), output.Clean(found.Hook))
						return err
					},
					Names: []string{h.dataID},
				})
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&ifMissing, "if-missing", false, "end with 0 if the record of this hook exists")
	f.BoolVarP(&consent.yes, "yes", "y", false, "write to a protected context")
	f.StringVarP(&consent.reason, "reason", "r", "", "why; a protected context requires it")
	return cmd
}

func newOnceStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status CONFIG",
		Short: "Show what became of the last version of a hook",
		Long: `Show what became of the last version of a hook, by its record.

The state is waiting before the first claim and between two attempts, running, done or failed. A
record whose instance was killed stays running until another instance takes over, after two and a
quarter terms. VERSION is the digest of the part of the config, as in the status of the instances;
SINCE is when the record was written, by the clock of the server.

The exit code is 7 if the version has failed for good, 9 if the record does not exist, and 5 if the
config is not a record.`,
		Example: `  nacre once status orders.warm-cache
  nacre once status orders.warm-cache -o json | jq -r .reason`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.openHook(cmd.Context(), args[0], nil, func(ctx context.Context, h *hookTarget) error {
				found, err := h.read(ctx)
				if err != nil {
					return err
				}
				if err := a.print(hookResult(found)); err != nil {
					return err
				}
				if found.State == string(fleetonce.Failed) {
					return exit.With(exit.NotConverged, fmt.Errorf("hook %s has failed for version %s", found.Hook, found.Version),
						"when the cause is gone, nacre once retry "+h.arg+" has it tried again")
				}
				return nil
			})
		},
	}
}

func hookResult(r hookRecord) output.Result {
	return output.Result{
		Value:  r,
		Header: []string{"HOOK", "STATE", "VERSION", "TOKEN", "ATTEMPT", "HOLDER", "SINCE", "REASON"},
		Rows:   [][]string{{r.Hook, r.State, r.Version, strconv.FormatInt(r.Token, 10), strconv.Itoa(r.Attempt), r.Holder, moment(r.Since), r.Reason}},
		Names:  []string{r.State},
	}
}

func newOnceRetry(a *app) *cobra.Command {
	var consent consent
	cmd := &cobra.Command{
		Use:   "retry CONFIG",
		Short: "Let the fleet try a version again that has failed for good",
		Long: `Let the fleet try a version again that has failed for good, when the cause of the failure is gone.
An instance runs the hook at once, from the first attempt on, with a higher token.

The exit code is 6 if the version has not failed, or if a newer one has replaced it meanwhile. The
record is changed by compare-and-set. A target that checks tokens, and had an effect in an attempt
that failed, has no second one.

The record has the reason and the author, and so the history of the server, until an instance claims
the version. A protected context requires --yes.`,
		Example: `  nacre once retry orders.warm-cache --reason "the database is back, OPS-123"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.openHook(cmd.Context(), args[0], &consent, func(ctx context.Context, h *hookTarget) error {
				if consent.reason == "" {
					return usage("--reason is missing")
				}
				reason := consent.reason
				if consent.author != "" {
					reason = consent.author + ": " + reason
				}
				if err := fleetonce.Retry(ctx, h.store, reason); err != nil {
					return h.explain(err)
				}
				return a.print(output.Result{
					Value: struct {
						Action string `json:"action"`
						Record string `json:"record"`
					}{"retried", h.name()},
					Text: func(w io.Writer) error {
						_, err := fmt.Fprintf(w, "%s is tried again\n", output.Clean(h.name()))
						return err
					},
					Names: []string{h.dataID},
				})
			})
		},
	}
	consent.addFlags(cmd, a, reasonRequired)
	return cmd
}
