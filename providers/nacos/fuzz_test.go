package nacos_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// A server may answer anything: nothing panics, no content gets through whose md5 is not the
// declared one, and no error quotes what came.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"resultCode":200,"content":"a: 1","md5":"e6f8a1b2","contentType":"yaml","lastModified":1700000000000}`,
		`{"resultCode":200,"content":"","md5":"d41d8cd98f00b204e9800998ecf8427e"}`,
		`{"resultCode":500,"errorCode":300,"message":"config data not exist"}`,
		`{"resultCode":200,"changedConfigs":[{"dataId":"x","group":"g","tenant":null}]}`,
		`{"resultCode":200,"changedConfigs":null,"lastModified":-9223372036854775808}`,
		`{"requestId":"1","dataId":"x","group":"g","serverIp":"h","serverPort":"8848"}`,
		`{"requestId":1}`, `[]`, `null`, `{`, ``, "\xff", `{"content":"\ud800","resultCode":200,"md5":"X"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if content, sum, ok := nacos.DecodeQuery(body); ok {
			h := md5.Sum(content)
			if hex.EncodeToString(h[:]) != sum {
				t.Errorf("a content got through with another md5")
			}
			var declared struct {
				MD5 string `json:"md5"`
			}
			_ = json.Unmarshal(body, &declared)
			if declared.MD5 != "" && !strings.EqualFold(declared.MD5, sum) {
				t.Errorf("a content got through that does not match the declared md5")
			}
		}
		for _, err := range []error{nacos.DecodePush(body), nacos.DecodeListen(body)} {
			if err != nil && len(body) > 8 && strings.Contains(err.Error(), string(body)) {
				t.Errorf("an error quotes what came: %v", err)
			}
		}
		_ = nacos.JudgeLogin(200, body)
	})
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"h", "h:8848", "http://u:p@h:1/x?y#z", "[::1]:8848", "::1", "h:99999", "https://[", "h:8848,i", "%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := nacos.ParseAddress(text)
		if err != nil {
			return
		}
		again, err := nacos.ParseAddress(got)
		if err != nil || again != got {
			t.Errorf("%q is read as %q, and that as %q, %v", text, got, again, err)
		}
		c, err := nacos.NewClient(nacos.Config{Servers: []string{text}, Namespace: " "})
		if source.KindOf(err) != source.InvalidArgument {
			t.Errorf("NewClient with a bad namespace: %v", err)
			c.Close()
		}
	})
}
