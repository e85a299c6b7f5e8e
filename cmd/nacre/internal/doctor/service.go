package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// service checks what a service and an operator need of the cluster: the namespace, the rights, the
// push of a change, compare-and-set, gray contents, and nodes that agree.
func (x *examination) service(ctx context.Context, working []node) {
	later := []string{"namespace", "write", "listen", "compare-and-set", "gray", checkEncryption, checkFormat, checkPlugins, "history", "nodes"}
	if len(working) == 0 {
		for _, check := range later {
			x.skip(check, "", "no server can be used")
		}
		return
	}
	client, _, err := x.connect(ctx, &working[0])
	if err != nil {
		x.add(x.failure("grpc", working[0].addr, err))
		return
	}
	defer client.Close()
	probe := fmt.Sprintf("nacre.doctor.%016x", rand.Uint64())
	if !x.namespace(ctx, client, probe) {
		for _, check := range later[1:] {
			x.skip(check, "", "the namespace cannot be read")
		}
		return
	}
	x.writes(ctx, client, probe)
	x.history(ctx, client, probe)
	x.nodes(ctx, working)
}

// namespace reads a config that does not exist: the error tells whether the namespace exists, and
// whether the user may read it.
func (x *examination) namespace(ctx context.Context, client *nacos.Client, probe string) bool {
	const check = "namespace"
	ctx, cancel := x.within(ctx)
	defer cancel()
	_, err := client.Get(ctx, probe)
	if err == nil || errors.Is(err, nacos.ConfigNotFound) {
		x.pass(check, client2name(client), "exists, and can be read")
		return true
	}
	f := x.failure(check, "", err)
	if isLogin(err) {
		f.Check = "login"
	}
	x.add(f)
	return false
}

// isLogin reports whether an error is about who the user is, and not about what the user may do.
func isLogin(err error) bool {
	code, ok := errors.AsType[nacos.Code](err)
	return ok && code >= nacos.BadCredentials && code <= nacos.UnencryptedCredentials && code != nacos.PermissionDenied
}

// client2name returns the namespace as the client prints it.
func client2name(client *nacos.Client) string {
	text := fmt.Sprint(client)
	return text[strings.LastIndexByte(text, '/')+1:]
}

// writes makes the checks that publish a config.
func (x *examination) writes(ctx context.Context, client *nacos.Client, probe string) {
	checks := []string{"write", "listen", "compare-and-set", "gray", checkEncryption, checkFormat, checkPlugins}
	if x.ReadOnly {
		for _, check := range checks {
			x.skip(check, "", "it publishes a config of its own, which was not asked for")
		}
		return
	}
	if f, ok := x.write(ctx, client, probe); !ok {
		x.add(f)
		for _, check := range checks[1:] {
			x.skip(check, "", "it publishes a config of its own, which the user may not")
		}
		return
	}
	func() {
		defer x.remove(ctx, client, probe)
		x.pass("write", "", "a config was published")
		x.listen(ctx, client, probe)
		x.gray(ctx, client, probe)
	}()
	x.compareAndSet(ctx, client)
	x.plugins(ctx, client, probe)
}

// write publishes the probe.
func (x *examination) write(ctx context.Context, client *nacos.Client, probe string) (Finding, bool) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	err := client.Publish(ctx, probe, []byte("1"), own()...)
	if err == nil {
		return Finding{}, true
	}
	if mayBeStored(err) {
		x.remove(ctx, client, probe)
	}
	f := x.failure("write", "", err)
	if source.KindOf(err) == source.PermissionDenied {
		f.Result = Warn // a service only reads
		f.Fix = "a service needs no more; to publish with this user, grant it write permission in the namespace"
	}
	return f, false
}

// own describes a probe, in case that it stays behind.
func own() []nacos.PublishOption {
	return []nacos.PublishOption{nacos.Type("text"), nacos.App("nacre"), nacos.Description("a probe of nacre doctor; delete it")}
}

// listen waits for the push of a change.
func (x *examination) listen(ctx context.Context, client *nacos.Client, probe string) {
	const check = "listen"
	ctx, cancel := x.within(ctx)
	defer cancel()
	src := client.Source(probe, nacos.Format(source.FormatText))
	first, err := readable(ctx, client, src, probe)
	if err != nil {
		f := x.failure(check, "", err)
		if ctx.Err() != nil {
			f.Text, f.Fix = fmt.Sprintf("a published config cannot be read after %v", x.Timeout), "look at config-dump.log of the server: it is slow, its disk is full, or a change plugin refuses the publish, which a Nacos 3 acknowledges all the same"
		}
		x.add(f)
		return
	}
	if err := client.Publish(ctx, probe, []byte("2"), own()...); err != nil {
		x.add(x.failure(check, "", err))
		return
	}
	began := time.Now()
	if _, err := await(ctx, src, first, "2"); err != nil {
		f := x.failure(check, "", err)
		if ctx.Err() != nil {
			f.Text = fmt.Sprintf("a published change did not arrive within %v", x.Timeout)
			f.Fix = "look for a node that lags (check \"nodes\"), and whether the network cuts idle connections; a service hears of it at the next comparison"
		}
		x.add(f)
		return
	}
	x.pass(check, "", fmt.Sprintf("a published change arrived after %v", time.Since(began).Round(time.Millisecond)))
}

// readable waits until the probe can be read, which is some time after its publish, and returns its
// revision. It asks again and again, and so does not depend on a push.
func readable(ctx context.Context, client *nacos.Client, src source.Source, probe string) (source.Revision, error) {
	for {
		item, err := client.Get(ctx, probe)
		switch {
		case err == nil && string(item.Content) == "1":
			return await(ctx, src, "", "1")
		case err != nil && !errors.Is(err, nacos.ConfigNotFound):
			return "", err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", errors.Join(nacos.NoResponse, ctx.Err())
		}
	}
}

// await returns the revision with which the source has the content.
func await(ctx context.Context, src source.Source, prev source.Revision, content string) (source.Revision, error) {
	for {
		got, err := src.Next(ctx, prev)
		switch {
		case ctx.Err() != nil:
			return "", errors.Join(nacos.NoResponse, ctx.Err())
		case err != nil && !errors.Is(err, nacos.ConfigNotFound):
			return "", err
		case err != nil:
			// The node has not read it yet: the next call waits for it.
		case len(got.Documents) == 1 && string(got.Documents[0].Data) == content:
			return got.Revision, nil
		default:
			prev = got.Revision
		}
	}
}

// gray publishes and removes a content for an address, and one for a tag, that no client has.
func (x *examination) gray(ctx context.Context, client *nacos.Client, probe string) {
	const check = "gray"
	for _, kind := range []struct {
		name   string
		option nacos.DeleteOption
	}{{"by address", nacos.BetaIPs("192.0.2.1")}, {"by tag", nacos.GrayTag("nacre-doctor")}} { // an address for documentation, RFC 5737
		err := func() error {
			ctx, cancel := x.within(ctx)
			defer cancel()
			return client.Publish(ctx, probe, []byte("3"), append(own(), kind.option)...)
		}()
		stays := ""
		if err == nil || mayBeStored(err) {
			if failed := x.deleted(ctx, client, probe, kind.option); failed != nil {
				err, stays = cmp.Or(err, failed), "; the content "+kind.name+" of config "+probe+" stays on the server"
			}
		}
		if err == nil {
			x.pass(check, kind.name, "a content for some clients can be published and removed")
			continue
		}
		f := x.failure(check, kind.name, err)
		f.Result = Warn
		f.Text += stays
		switch {
		case source.KindOf(err) != source.PermissionDenied:
		case stays != "":
			f.Fix = "releases in steps need it; a Nacos 3 requires an administrator to remove such a content: ask one to delete this one"
		default:
			f.Fix = "releases in steps need it; a Nacos 3 requires an administrator to remove such a content"
		}
		x.add(f)
	}
}

// mayBeStored reports whether a publish that failed with err may have stored its content.
func mayBeStored(err error) bool {
	kind := source.KindOf(err)
	return kind == source.Unavailable || kind == source.Timeout || kind == source.Unknown
}

// Removal is the check that the configs of doctor are gone. It is reported only if it fails.
const Removal = "removal"

// remove deletes a config of a check, and reports one that stays.
func (x *examination) remove(ctx context.Context, client *nacos.Client, probe string) {
	if err := x.deleted(ctx, client, probe); err != nil {
		f := x.failure(Removal, probe, err)
		f.Result, f.Text, f.Fix = Warn, "a config of doctor stays on the server: "+f.Text, "delete the config "+probe
		x.add(f)
	}
}

// deleted deletes a config of a check, or its content for some clients, also if ctx has ended. It
// repeats a request that fails, as long as a check may take.
func (x *examination) deleted(ctx context.Context, client *nacos.Client, probe string, which ...nacos.DeleteOption) error {
	ctx, cancel := x.within(context.WithoutCancel(ctx))
	defer cancel()
	var failed error
	for {
		err := client.Delete(ctx, probe, which...)
		if err == nil {
			return nil
		}
		if failed == nil || ctx.Err() == nil { // an answer says more than the end of the time
			failed = err
		}
		if !mayBeStored(err) {
			return failed
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return failed
		}
	}
}

func (x *examination) compareAndSet(ctx context.Context, client *nacos.Client) {
	const check = "compare-and-set"
	ctx, cancel := x.within(ctx)
	defer cancel()
	err := client.ProbeIfMD5(ctx)
	if err == nil {
		x.pass(check, "", "the server refuses a publish over a content that has changed")
		return
	}
	f := x.failure(check, "", err)
	if errors.Is(err, nacos.NotSupported) {
		f.Result = Warn
		f.Fix = "two publishers can overwrite each other on this server, so nacre apply does not work with it; use a Nacos 2 or 3 without a change plugin that hides the refusal"
	}
	x.add(f)
}

// history reads what an operator reads and a service does not.
func (x *examination) history(ctx context.Context, client *nacos.Client, probe string) {
	const check = "history"
	ctx, cancel := x.within(ctx)
	defer cancel()
	if _, err := client.History(ctx, probe, 1); err != nil {
		f := x.failure(check, "", err)
		f.Result = Warn
		if source.KindOf(err) == source.PermissionDenied {
			f.Fix = "a service needs no more; for history, listeners and lists a Nacos 3 requires an administrator"
		}
		x.add(f)
		return
	}
	x.pass(check, "", "can be read")
}
