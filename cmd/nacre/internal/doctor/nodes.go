package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/providers/nacos"
)

// nodes compares a document on all nodes that work: a node can keep an old content, and a client
// that is connected to it cannot know.
func (x *examination) nodes(ctx context.Context, working []node) {
	const check = "nodes"
	if x.Document == "" {
		x.skip(check, "", "no document to compare was named")
		return
	}
	contents := map[string][]string{}
	for i := range working {
		n := &working[i]
		md5, err := x.digest(ctx, n)
		if err != nil {
			x.add(x.failure(check, n.addr, err))
			return
		}
		contents[md5] = append(contents[md5], n.addr)
	}
	if len(contents[absent]) == len(working) {
		fix := "check data ID and group for a typo, and that the namespace is an *id* and not a name, or publish the document"
		if own := x.User.Fix(nacos.ConfigNotFound); own != "" {
			fix = own
		}
		x.add(Finding{
			Check: check, Target: x.Document, Result: Fail, Code: nacos.ConfigNotFound.Name(),
			Text: "the document does not exist on " + plural.Count(len(working), "server"), Fix: fix,
		})
		return
	}
	if len(contents) == 1 {
		for md5 := range contents {
			x.pass(check, x.Document, fmt.Sprintf("%s on %s", md5, plural.Count(len(working), "server")))
		}
		return
	}
	var texts []string
	for _, md5 := range slices.Sorted(maps.Keys(contents)) {
		texts = append(texts, md5+" on "+strings.Join(contents[md5], ", "))
	}
	x.add(Finding{
		Check: check, Target: x.Document, Result: Fail, Code: nacos.StaleContent.Name(), Text: "the servers have different contents: " + strings.Join(texts, "; "),
		Fix: "run it again: a server takes up to some seconds for a new content; if they still differ, publish the document again, and look at config-dump.log of the server that lags",
	})
}

// absent stands for the md5 of a document that does not exist.
const absent = "absent"

// digest returns the md5 of the document on one node, or absent.
func (x *examination) digest(ctx context.Context, n *node) (string, error) {
	client, _, err := x.connect(ctx, n)
	if err != nil {
		return "", err
	}
	defer client.Close()
	ctx, cancel := x.within(ctx)
	defer cancel()
	item, err := client.Get(ctx, x.Document)
	if errors.Is(err, nacos.ConfigNotFound) {
		return absent, nil
	}
	return item.MD5, err
}
