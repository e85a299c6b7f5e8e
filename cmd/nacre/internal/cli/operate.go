package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// adminPath is where confighttp.Admin is mounted, unless --admin says otherwise.
const adminPath = "/admin/config/"

// actionTime is longer than an action may take in an instance.
const actionTime = 35 * time.Second

// acted is what an action did in an instance, in JSON.
type acted struct {
	Instance string `json:"instance"`
	Action   string `json:"action"`
	Status   string `json:"status"` // done or failed
	Version  int64  `json:"version,omitempty"`
	Pinned   bool   `json:"pinned"`
	Why      string `json:"why,omitempty"`
}

// action is a request of an action.
type action struct {
	name      string
	instances []string
	path      string
	seen      int64
	consent   consent
	// fields returns what the action needs besides, and what it takes from the state.
	fields func(s *state) (map[string]any, error)
}

const instanceLong = `Act on single instances of a service, at the actions of confighttp.Admin: approve a held change,
pin a version, go back, or look for changes at once. An action changes the instances that you name,
until they restart, and no others. To change all instances for good, publish a config.

The reason is required, and recorded with the name that the service has for you. The credentials are
those that the service asks for: a bearer token in NACRE_INSTANCE_TOKEN, or a user and a password in
NACRE_INSTANCE_USER and NACRE_INSTANCE_PASSWORD.

Each instance is first asked at confighttp.JSON for the version that is live. If another one is live
when the action arrives, it does nothing, and the exit code is 6. --seen names the version that you
have looked at. If the action fails on some of several instances, the exit code is 8.`

func newInstance(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "instance", Short: "Approve, pin or roll back on single instances of a service", Long: instanceLong,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	plain := func(*state) (map[string]any, error) { return map[string]any{}, nil }
	approve := a.newAction("approve LAYER", "Apply the content of a layer that is held", 1, func(args []string) (func(*state) (map[string]any, error), error) {
		return func(s *state) (map[string]any, error) { return held(s, args[0]) }, nil
	})
	pin := a.newAction("pin VERSION", "Make a version live, and hold all changes", 1, func(args []string) (func(*state) (map[string]any, error), error) {
		version, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || version <= 0 {
			return nil, usage("version %q is not a number; nacre instance --help says more", args[0])
		}
		return func(*state) (map[string]any, error) { return map[string]any{"version": version}, nil }, nil
	})
	simple := func([]string) (func(*state) (map[string]any, error), error) { return plain, nil }
	cmd.AddCommand(approve, pin,
		a.newAction("unpin", "End a pin or rollback, and apply the newest contents", 0, simple),
		a.newAction("rollback", "Make the version before the live one live again, and pin it", 0, simple),
		a.newAction("refresh", "Look for changes at once, and try rejected contents again", 0, simple))
	return cmd
}

// newAction returns the command of an action. parse reads its arguments.
func (a *app) newAction(use, short string, args int, parse func([]string) (func(*state) (map[string]any, error), error)) *cobra.Command {
	var act action
	name, _, _ := strings.Cut(use, " ")
	why := "errors since 8, OPS-123"
	if name == "approve" || name == "refresh" {
		why = "as agreed, OPS-124"
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Long: short + ".\n\n" + strings.SplitN(instanceLong, "\n\n", 2)[1],
		Example: "  nacre instance " + strings.NewReplacer("LAYER", "orders.yaml", "VERSION", "7").Replace(use) + ` --instance 10.0.0.7:8080 --reason "` + why + `"`,
		Args:    cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			act.name = name
			if act.fields, err = parse(args); err != nil {
				return err
			}
			if !cmd.Flags().Changed("timeout") {
				a.flags.timeout = actionTime
			}
			return a.act(cmd.Context(), act)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&act.instances, "instance", nil, "addresses of instances: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	f.StringVar(&act.path, "admin", adminPath, "path of confighttp.Admin")
	f.BoolVarP(&act.consent.yes, "yes", "y", false, "act in a protected context")
	f.StringVarP(&act.consent.reason, "reason", "r", "", "why, at most 200 bytes in one line; required")
	if name != "approve" && name != "refresh" {
		f.Int64Var(&act.seen, "seen", 0, "live version that you have looked at (default: the one that is live now)")
	}
	return cmd
}

// held returns the fields that approve what a layer holds.
func held(s *state, layer string) (map[string]any, error) {
	for _, l := range s.Health.Layers {
		switch {
		case l.Name != layer:
		case len(l.Held) == 0:
			return nil, exit.With(exit.Conflict, fmt.Errorf("layer %s holds nothing", layer), "")
		default:
			return map[string]any{"layer": layer, "revision": string(l.Latest)}, nil
		}
	}
	names := make([]string, len(s.Health.Layers))
	for i, l := range s.Health.Layers {
		names[i] = l.Name
	}
	return nil, exit.With(exit.NotFound, fmt.Errorf("layer %s does not exist", layer), "the layers are "+strings.Join(names, ", "))
}

// act runs an action on all instances, one after the other, and stops at none that fails.
func (a *app) act(ctx context.Context, act action) error {
	if act.consent.reason = strings.TrimSpace(act.consent.reason); act.consent.reason == "" {
		return usage("%s needs a --reason, which the service records", act.name)
	}
	t, err := a.target()
	switch {
	case err == nil:
		if err := act.consent.check(t); err != nil {
			return err
		}
	case len(act.instances) == 0 || a.flags.context != "":
		return err
	}
	ctx, cancel := a.within(ctx)
	defer cancel()
	asked, err := expand(ctx, addresses(act.instances, t))
	if err != nil {
		return err
	}
	if len(asked) == 0 {
		return usage("no instance is named; give --instance HOST:PORT, or list instances in the context")
	}
	items := make([]acted, len(asked))
	var failed error
	done := 0
	for i, address := range asked {
		if items[i], err = a.actOn(ctx, act, address); err != nil {
			items[i].Status, items[i].Why = "failed", err.Error()
			failed = cmp.Or(failed, err)
			continue
		}
		items[i].Status = "done"
		done++
	}
	if err := a.print(actedResult(items)); err != nil {
		return err
	}
	if failed != nil && done > 0 {
		return exit.With(exit.Partly, fmt.Errorf("%s failed on %s: %w", act.name, plural.Of(len(items)-done, len(items), "instance"), failed), "")
	}
	return failed
}

func actedResult(items []acted) output.Result {
	r := output.Result{
		Value: struct {
			Items []acted `json:"items"`
		}{items},
		Header: []string{"INSTANCE", "ACTION", "STATUS", "VERSION", "PINNED", "WHY"},
	}
	for _, item := range items {
		version, pinned := "", "no"
		if item.Version > 0 {
			version = strconv.FormatInt(item.Version, 10)
		}
		if item.Pinned {
			pinned = "yes"
		}
		r.Rows = append(r.Rows, []string{item.Instance, item.Action, item.Status, version, pinned, strings.ReplaceAll(item.Why, "\n", " ")})
		r.Names = append(r.Names, item.Instance)
	}
	return r
}

// actOn runs an action on one instance.
func (a *app) actOn(ctx context.Context, act action, address string) (acted, error) {
	item := acted{Instance: address, Action: act.name}
	s, err := a.instance(ctx, address)
	if err != nil {
		return item, err
	}
	item.Version, item.Pinned = s.Health.Version, s.Health.Pinned
	fields, err := act.fields(s)
	if err != nil {
		return item, err
	}
	fields["why"] = act.consent.reason
	if act.name != "approve" && act.name != "refresh" {
		fields["seen"] = cmp.Or(act.seen, s.Health.Version)
	}
	answer, err := a.post(ctx, address, act, fields)
	if answer.Version > 0 {
		item.Version, item.Pinned = answer.Version, answer.Pinned
	}
	return item, err
}

// answer is what confighttp.Admin answers.
type answer struct {
	Version int64  `json:"version"`
	Pinned  bool   `json:"pinned"`
	Error   string `json:"error"`
}

func (a *app) post(ctx context.Context, address string, act action, fields map[string]any) (answer, error) {
	text, err := instanceURL(address)
	if err != nil {
		return answer{}, err
	}
	u, err := url.Parse(text)
	if err != nil {
		return answer{}, err
	}
	u.Path, u.RawQuery = "/"+strings.Trim(act.path, "/")+"/"+act.name, ""
	body, err := json.Marshal(fields)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	a.authorize(request)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	reply, err := client.Do(request)
	if err != nil {
		return answer{}, exit.With(exit.Unreachable, fmt.Errorf("instance %s: %w", address, reason(err)), "the action may still take effect; look at the instance before you try again")
	}
	defer reply.Body.Close()
	var got answer
	data, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err != nil {
		return answer{}, exit.With(exit.Unreachable, fmt.Errorf("instance %s: %w", address, reason(err)), "")
	}
	isJSON := json.Unmarshal(data, &got) == nil
	if reply.StatusCode == http.StatusOK && isJSON {
		return got, nil
	}
	return got, refusal(reply.StatusCode, address, got.Error, act.path)
}

// authorize adds the credentials of the environment to a request to an instance.
func (a *app) authorize(r *http.Request) {
	get := a.env.Get
	if authorize(r, get("NACRE_INSTANCE_TOKEN"), get("NACRE_INSTANCE_USER"), get("NACRE_INSTANCE_PASSWORD")) && !private(r) {
		a.note("warning: the credentials for %s are sent without encryption; use https", r.URL.Host)
	}
}

// authorize adds a bearer token to a request, or else a user and a password, and reports whether
// one was given.
func authorize(r *http.Request, token, user, password string) bool {
	switch {
	case token != "":
		r.Header.Set("Authorization", "Bearer "+token)
	case user != "":
		r.SetBasicAuth(user, password)
	default:
		return false
	}
	return true
}

// private reports whether a request is encrypted, or does not leave this machine.
func private(r *http.Request) bool {
	ip := net.ParseIP(r.URL.Hostname())
	return r.URL.Scheme == "https" || r.URL.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// refusal is the error of an answer that is not a success.
func refusal(status int, address, text, path string) error {
	codes := map[int]exit.Code{
		http.StatusBadRequest: exit.Usage, http.StatusUnauthorized: exit.Denied, http.StatusForbidden: exit.Denied, http.StatusNotFound: exit.NotFound,
		http.StatusConflict: exit.Conflict, http.StatusUnprocessableEntity: exit.Invalid, http.StatusServiceUnavailable: exit.Unreachable,
		http.StatusGatewayTimeout: exit.NotConverged,
	}
	code, known := codes[status]
	if !known {
		code = exit.Failed
	}
	fix := ""
	switch {
	case code == exit.Denied:
		fix = "set NACRE_INSTANCE_TOKEN, or NACRE_INSTANCE_USER and NACRE_INSTANCE_PASSWORD"
	case text == "":
		fix = "does the service mount confighttp.Admin at " + path + "? --admin names another path"
	}
	return exit.With(code, fmt.Errorf("instance %s: %w", address, errors.New(cmp.Or(text, "status "+strconv.Itoa(status)))), fix)
}
