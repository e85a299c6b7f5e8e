package accesskey_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/accesskey"
	"github.com/nacre-go/nacre/providers/nacos"
)

// The signatures are those that package ram, with the code of nacos-sdk-go, has made at that time.
func TestSignaturesOfTheSDK(t *testing.T) {
	t.Parallel()
	const stamp = 1796010033873
	now := func() time.Time { return time.UnixMilli(stamp) }
	documents := []nacos.Key{{}, {Group: "G", DataID: "x"}, {Namespace: "dev", Group: "G", DataID: "x"}}
	for _, c := range []struct {
		key        accesskey.Key
		also       map[string]string
		signatures [3]string
	}{
		{accesskey.Key{ID: "key", Secret: "secret"}, nil, [3]string{"mmmtPVZx+4p9M2pHZJATSUpXfag=", "oHD4MhcDPvo4bKJElG5/kduUehU=", "Ce6ZGZTA3d5fx1Q6I/22y3c5Eyg="}},
		{accesskey.Key{ID: "key", Secret: "secret", Token: "sts"}, map[string]string{"Spas-SecurityToken": "sts"}, [3]string{"mmmtPVZx+4p9M2pHZJATSUpXfag=", "oHD4MhcDPvo4bKJElG5/kduUehU=", "Ce6ZGZTA3d5fx1Q6I/22y3c5Eyg="}},
		{accesskey.Key{ID: "key", Secret: "secret", Token: "sts", Region: "cn-hangzhou"}, map[string]string{"Spas-SecurityToken": "sts", "signatureVersion": "v4"}, [3]string{"4vADyc/z/OYGz9BC6mio0jRU+BY=", "DEk+tLiwJStD8nKqoGHbtTBF7eI=", "v1DWsG2pk/XXu+ZDZDavu4/kMW8="}},
	} {
		s := accesskey.Signer(func() (accesskey.Key, error) { return c.key, nil }, now)
		for i, about := range documents {
			want := map[string]string{"Spas-AccessKey": "key", "Timestamp": "1796010033873", "Spas-Signature": c.signatures[i]}
			maps.Copy(want, c.also)
			if got, err := s.Sign(t.Context(), about); err != nil || !maps.Equal(got, want) {
				t.Errorf("%+v signs %v with %v, %v; want %v", c.key, about, got, err, want)
			}
		}
	}
}

// The key is asked for at each request, since a temporary one changes.
func TestAChangedKey(t *testing.T) {
	t.Parallel()
	keys := []accesskey.Key{{ID: "one", Secret: "s"}, {ID: "two", Secret: "s"}}
	gone := errors.New("gone")
	s := accesskey.Signer(func() (k accesskey.Key, err error) {
		if len(keys) == 0 {
			return k, gone
		}
		k, keys = keys[0], keys[1:]
		return k, nil
	}, time.Now)
	for _, want := range []string{"one", "two"} {
		if got, err := s.Sign(t.Context(), nacos.Key{}); err != nil || got["Spas-AccessKey"] != want {
			t.Errorf("%v, %v; want the key %s", got, err, want)
		}
	}
	if _, err := s.Sign(t.Context(), nacos.Key{}); !errors.Is(err, gone) {
		t.Errorf("without a key: %v", err)
	}
}
