package accesskey

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature of Nacos
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Key is an access key.
type Key struct {
	ID     string `json:"access_key"`
	Secret string `json:"secret_key"`
	// Token is that of a temporary key (STS); empty for a permanent one.
	Token string `json:"security_token"`
	// Region is the one in whose name requests are signed, such as cn-hangzhou; empty for the older
	// signature without one.
	Region string `json:"region"`
}

// Signer returns a signer that asks for the key at each request.
func Signer(key func() (Key, error), now func() time.Time) *nacos.Signer {
	return &nacos.Signer{Sign: func(_ context.Context, about nacos.Key) (map[string]string, error) {
		k, err := key()
		if err != nil {
			return nil, err
		}
		return k.headers(about, now()), nil
	}}
}

// headers signs namespace, group and time.
func (k Key) headers(about nacos.Key, now time.Time) map[string]string {
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	signed := stamp
	if about.Group != "" {
		signed = about.Group + "+" + stamp
	}
	if about.Namespace != "" {
		signed = about.Namespace + "+" + about.Group + "+" + stamp
	}
	headers := map[string]string{"Spas-AccessKey": k.ID, "Timestamp": stamp}
	if k.Token != "" {
		headers["Spas-SecurityToken"] = k.Token
	}
	secret := k.Secret
	if k.Region != "" {
		headers["signatureVersion"] = "v4"
		secret = k.regional(now)
	}
	headers["Spas-Signature"] = base64.StdEncoding.EncodeToString(mac(sha1.New, []byte(secret), signed))
	return headers
}

// regional returns the secret of a day, a region and the product.
func (k Key) regional(now time.Time) string {
	key := []byte("aliyun_v4" + k.Secret)
	for _, part := range []string{now.UTC().Format("20060102"), k.Region, "mse", "aliyun_v4_request"} {
		key = mac(sha256.New, key, part)
	}
	return base64.StdEncoding.EncodeToString(key)
}

func mac(h func() hash.Hash, key []byte, text string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
