package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// The plugins of a server that matter to a client of configs. No interface of Nacos 2 or 3 lists
// them, so that a publish has to show what they do; those that act after a publish do not show.
const (
	checkEncryption = "encryption"
	checkFormat     = "format check"
	checkPlugins    = "change plugins"
)

// invalid is not a document in JSON.
const invalid = "{"

// plugins publishes configs that the usual plugins would change or refuse.
func (x *examination) plugins(ctx context.Context, client *nacos.Client, probe string) {
	x.encryption(ctx, client, "cipher-aes-"+probe)
	x.format(ctx, client, probe+".json")
	x.skip(checkPlugins, "", notTold+"whether a webhook hears of changes, or a whitelist limits imports; ask those who run it for nacos.core.config.plugin.*")
}

// encryption finds out whether the server encrypts a config whose data ID asks for it.
func (x *examination) encryption(ctx context.Context, client *nacos.Client, probe string) {
	content, err := x.stored(ctx, client, probe, "1", nacos.Type("text"))
	switch {
	case err != nil:
		x.add(x.unknownPlugin(checkEncryption, err))
	case content == "1":
		x.pass(checkEncryption, "", "the server stores a config as it is, also one whose data ID begins with cipher-aes-")
	default:
		x.add(Finding{
			Check: checkEncryption, Result: Warn, Text: "the server encrypts configs whose data ID begins with cipher-aes-",
			Fix: "give the configs of services on nacre other data IDs: nacre does not decrypt these",
		})
	}
}

// format finds out whether the server refuses a document that is not valid in its format.
func (x *examination) format(ctx context.Context, client *nacos.Client, probe string) {
	content, err := x.stored(ctx, client, probe, invalid, nacos.Type("json"))
	switch {
	case errors.Is(err, errNotStored):
		x.add(Finding{
			Check: checkFormat, Result: Warn, Text: "the server acknowledges a document that is not valid in its format, and does not store it",
			Fix: "read back what you publish, as nacre apply does: a change plugin of a Nacos 3 refuses without an error",
		})
	case err != nil && isRefusal(err):
		x.pass(checkFormat, "", "the server refuses a document that is not valid in its format")
	case err != nil:
		x.add(x.unknownPlugin(checkFormat, err))
	case content == invalid:
		x.pass(checkFormat, "", "the server takes any text: run nacre check before a publish")
	default:
		x.add(Finding{
			Check: checkFormat, Result: Warn, Text: "the server stores another text than the one that was published",
			Fix: "ask those who run the server for its change plugins: a release compares what it reads back, and would fail",
		})
	}
}

// errNotStored says that a config was published without an error, and cannot be read.
var errNotStored = errors.New("the config cannot be read")

// isRefusal reports whether the server has understood a publish, and refused it.
func isRefusal(err error) bool {
	kind := source.KindOf(err)
	return kind != source.PermissionDenied && kind != source.Unavailable && kind != source.Timeout
}

// stored publishes a config, and returns what the server has then. It deletes the config.
func (x *examination) stored(ctx context.Context, client *nacos.Client, probe, content string, typ nacos.PublishOption) (string, error) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	err := client.Publish(ctx, probe, []byte(content), append(own(), typ)...)
	if err == nil || mayBeStored(err) {
		defer x.remove(ctx, client, probe)
	}
	if err != nil {
		return "", err
	}
	for {
		item, err := client.Get(ctx, probe)
		if err == nil {
			return string(item.Content), nil
		}
		if !errors.Is(err, nacos.ConfigNotFound) && ctx.Err() == nil {
			return "", err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", errNotStored
		}
	}
}

func (x *examination) unknownPlugin(check string, err error) Finding {
	f := x.failure(check, "", err)
	f.Result, f.Text = Skip, fmt.Sprintf("not found out: %s", f.Text)
	return f
}
