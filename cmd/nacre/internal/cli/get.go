package cli

import (
	"context"
	"io"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/providers/nacos"
)

// config is a config in JSON.
type config struct {
	Namespace string    `json:"namespace"`
	Group     string    `json:"group"`
	DataID    string    `json:"data_id"`
	Type      string    `json:"type,omitempty"`
	MD5       string    `json:"md5,omitempty"`
	Size      int       `json:"size"`
	Modified  time.Time `json:"modified,omitzero"`
	Content   *string   `json:"content,omitempty"`
	Base64    []byte    `json:"content_base64,omitempty"` // in place of a content that is not UTF-8
}

func configOf(item nacos.Item) config {
	c := config{
		Namespace: namespaceName(item.Key.Namespace), Group: item.Key.Group, DataID: item.Key.DataID,
		Type: item.Type, MD5: item.MD5, Size: len(item.Content), Modified: item.Modified,
	}
	if utf8.Valid(item.Content) {
		text := string(item.Content)
		c.Content = &text
	} else {
		c.Base64 = item.Content
	}
	return c
}

func namespaceName(id string) string {
	if id == "" {
		return "public"
	}
	return id
}

func newGet(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "get CONFIG",
		Short: "Print the content of a config",
		Long: `Print the content of a config, byte by byte as the server has it.

CONFIG is a data ID, GROUP/DATA-ID or NAMESPACE/GROUP/DATA-ID. The exit code is 9 if the config does
not exist. With -o json or yaml, the output has the type, the md5 and the time as well. Right after
a publish, a server returns the previous content for about a tenth of a second.`,
		Example: `  nacre get orders.yaml > orders.yaml
  nacre get payments/orders.yaml --context prod
  nacre get orders.yaml -o json | jq -r .md5`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.openConfig(cmd.Context(), args[0], func(ctx context.Context, c *nacos.Client, _ *target, dataID string, options []nacos.SourceOption) error {
				item, err := c.Get(ctx, dataID, options...)
				if err != nil {
					return err
				}
				return a.printItem(item)
			})
		},
	}
}

// printItem prints a config: its bytes, or the object of the format.
func (a *app) printItem(item nacos.Item) error {
	return a.print(output.Result{
		Value: configOf(item), Names: []string{item.Key.DataID},
		Text: func(w io.Writer) error {
			_, err := w.Write(item.Content)
			return err
		},
	})
}
