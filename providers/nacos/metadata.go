package nacos

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/nacre-go/nacre/source"
)

// Metadata is what a server keeps of a config besides its content.
type Metadata struct {
	Description string
	Tags        []string // sorted as the server returns them
	App         string   // the application, see [App]
	Type        string   // such as "yaml" or "text"; may be empty
	// Use, Effect and Schema are texts that old consoles show. The admin API of Nacos 3 does not
	// return them: they are empty where a server has no other HTTP interface, as a Nacos 3 unless
	// that of version 1 is enabled.
	Use, Effect, Schema string
	// EncryptedDataKey belongs to a content that an encryption plugin has encrypted.
	EncryptedDataKey string

	// User is who published the config last, as [Author] names it; may be empty. Modified is when,
	// and MD5 is that of the content that these metadata belong to. A publish does not send them.
	User     string
	Modified time.Time
	MD5      string
}

// WithMetadata publishes with these metadata, and clears what they leave empty. Options such as
// [Type] and [Description] take precedence. The parts that a server decides (MD5, Modified, User)
// have no effect; an empty Type means the default of [Type].
func WithMetadata(m Metadata) PublishOption {
	m.Tags = append([]string(nil), m.Tags...)
	return publishOption(func(o *publishOptions) { o.metadata = &m })
}

// KeepMetadata makes Publish read the metadata of the config and send them again, so that the
// config keeps its type, its description and the rest of what other options do not set. It does
// not keep an EncryptedDataKey, which belongs to the previous content. Publish then fails like
// [Client.Metadata], and does not publish, where it cannot read them; a config that does not exist
// has none.
func KeepMetadata() PublishOption { return publishOption(func(o *publishOptions) { o.keep = true }) }

// Metadata returns what the server keeps of a config besides its content. Of the options only
// [Group] has a meaning here. It uses the HTTP interface (show=all in Nacos 2, the config itself in
// the admin API of Nacos 3, for which a Nacos 3 may require an administrator). Errors are those of
// [Client.Get], and NotSupported if the server has no such interface. Unlike Get it sees a publish
// at once.
func (c *Client) Metadata(ctx context.Context, dataID string, opts ...SourceOption) (Metadata, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return Metadata{}, err
	}
	return c.metadata(ctx, k)
}

func (c *Client) metadata(ctx context.Context, k Key) (Metadata, error) {
	got, err := c.row(ctx, k)
	if err != nil {
		return Metadata{}, err
	}
	return got.metadata(), nil
}

// row reads a config from the database of the server.
func (c *Client) row(ctx context.Context, k Key) (row row, err error) {
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		body, err := s.console(ctx, conn, k, "read metadata of",
			call{method: http.MethodGet, path: "/v1/cs/configs", query: with(about2(k), "show", "all")},
			call{method: http.MethodGet, path: "/v3/admin/cs/config", query: about3(k)},
		)
		if err != nil {
			return err
		}
		if len(body) == 0 {
			return errNotFound(k) // by a Nacos 2, with status 200
		}
		if json.Unmarshal(body, &row) != nil {
			return BadResponse.fail("read metadata of", k.String())
		}
		if row.DataID == "" {
			return errNotFound(k)
		}
		return nil
	})
	return row, err
}

// row has the names of Nacos 2 and Nacos 3, which are the same.
type row struct {
	DataID   string `json:"dataId"`
	Content  string `json:"content"`
	MD5      string `json:"md5"`
	Key      string `json:"encryptedDataKey"`
	App      string `json:"appName"`
	Type     string `json:"type"`
	Desc     string `json:"desc"`
	Use      string `json:"use"`
	Effect   string `json:"effect"`
	Schema   string `json:"schema"`
	Tags     string `json:"configTags"`
	User     string `json:"createUser"`
	Modified int64  `json:"modifyTime"`
}

func (r row) metadata() Metadata {
	m := Metadata{
		Description: r.Desc, App: r.App, Type: r.Type, Use: r.Use, Effect: r.Effect, Schema: r.Schema,
		EncryptedDataKey: r.Key, User: r.User, Modified: serverTime(r.Modified), MD5: r.MD5,
	}
	for tag := range strings.SplitSeq(r.Tags, ",") {
		if tag != "" {
			m.Tags = append(m.Tags, tag)
		}
	}
	return m
}

// describe completes the parameters of a publish by what the config has.
func (c *Client) describe(ctx context.Context, k Key, o *publishOptions) error {
	if err := o.checkTexts(k); err != nil {
		return err
	}
	m := o.metadata
	if o.keep && m == nil {
		kept, err := c.metadata(ctx, k)
		if err != nil && source.KindOf(err) != source.NotFound {
			return err
		}
		if err == nil {
			kept.EncryptedDataKey = ""
			m = &kept
		}
	}
	if m != nil {
		m.fill(o.addition)
		if err := o.checkTexts(k); err != nil {
			return err
		}
	}
	if o.addition["type"] == "" {
		o.addition["type"] = typeOf(k.DataID)
	}
	if o.addition["type"] == "" {
		o.addition["type"] = "text"
		return c.keepType(ctx, k, o)
	}
	return nil
}

// fill adds what the options have not set. Empty values clear the application and the tags, which a
// server keeps otherwise; the rest is cleared by its absence.
func (m *Metadata) fill(to map[string]string) {
	for name, value := range map[string]string{
		"desc": m.Description, "use": m.Use, "effect": m.Effect, "schema": m.Schema, "encryptedDataKey": m.EncryptedDataKey, "type": m.Type,
	} {
		if to[name] == "" && value != "" {
			to[name] = value
		}
	}
	for name, value := range map[string]string{"appName": m.App, "config_tags": strings.Join(m.Tags, ",")} {
		if to[name] == "" {
			to[name] = value
		}
	}
}

// keepType asks for the type of a config that has no extension: services may read its format from
// there. A user who may not read publishes "text", as before.
func (c *Client) keepType(ctx context.Context, k Key, o *publishOptions) error {
	return c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		return s.whileModified(ctx, func() error {
			kind, err := s.typeNow(ctx, conn, k)
			if err == nil && kind != "" {
				o.addition["type"] = kind
			}
			return err
		})
	})
}

// typeNow returns the type of a config, or "" for one that the user may not read or that does not
// exist. Unlike query, it does not ask whether the namespace exists.
func (s *session) typeNow(ctx context.Context, conn *conn, k Key) (string, error) {
	turned, release := s.withTurn(ctx)
	defer release()
	res, err := ask[queryReply](turned, s, conn, s.timings.request, k.String(), typeQuery, about(k))
	var refusal *replyError
	switch {
	case err == nil:
		return res.ContentType, nil
	case errors.As(err, &refusal) && refusal.code() == codeNotFound, errors.Is(err, PermissionDenied):
		return "", nil
	}
	return "", s.explain(conn, k.String(), typeQuery, err)
}

// The limits of a server in characters, which it counts in UTF-16. Its tables have room for more.
const (
	maxDescription = 128
	maxTags        = 5
	maxTag         = 64
	maxUse         = 32
	maxSchema      = 32768
)

// checkTexts returns what a server would refuse without a reason that reaches the user.
func (o *publishOptions) checkTexts(k Key) error {
	var problem string
	check := func(what, text string, most int) {
		if n := len(utf16.Encode([]rune(text))); n > most && problem == "" {
			problem = what + " has " + strconv.Itoa(n) + " characters, the limit is " + strconv.Itoa(most)
		}
	}
	check("the description", o.addition["desc"], maxDescription)
	check("the use", o.addition["use"], maxUse)
	check("the effect", o.addition["effect"], maxUse)
	check("the schema", o.addition["schema"], maxSchema)
	if tags := o.addition["config_tags"]; tags != "" {
		all := strings.Split(tags, ",")
		if len(all) > maxTags && problem == "" {
			problem = "there are " + strconv.Itoa(len(all)) + " tags, the limit is " + strconv.Itoa(maxTags)
		}
		for _, tag := range all {
			check("a tag", tag, maxTag)
		}
	}
	if problem == "" {
		return nil
	}
	return errBadContent(k, BadRequest, problem, "shorten it: a server rejects the publish otherwise")
}
