package nacos_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Whatever comes on the stream, nothing panics, one message has one answer at most, the session
// goes nowhere but to listed servers, and no event repeats what is not a name.
func FuzzPush(f *testing.F) {
	for _, body := range []string{
		`{"requestId":"1","dataId":"x.yaml","group":"DEFAULT_GROUP"}`, `{"requestId":"1","serverIp":"b","serverPort":"8848"}`,
		`{"requestId":"1","serverIp":"B","serverPort":"08848"}`, `{"serverIp":"evil","serverPort":"8848"}`, `{"serverIp":"10.1.2.3","serverPort":"1"}`,
		`{"serverIp":"::ffff:10.1.2.3","serverPort":"9"}`, `{"serverIp":"evil\n","serverPort":"8848"}`, `{"serverIp":"b","serverPort":"-1"}`,
		`{"abilityTable":{"x":true}}`, `{"groupKey":"x.yaml+DEFAULT_GROUP+public","changeType":"CONFIG_CHANGED"}`,
		`{"groupKeyPattern":"public>>DEFAULT_GROUP>>*.yaml","syncType":"FUZZY_WATCH_INIT_NOTIFY","contexts":[{"groupKey":"ä.yaml+DEFAULT_GROUP","changedType":"ADD_CONFIG"},{}]}`,
		`{"groupKeyPattern":"public>>DEFAULT_GROUP>>*.yaml","syncType":"FINISH_FUZZY_WATCH_INIT_NOTIFY"}`, `{`, `null`, `[]`, "",
	} {
		for _, typ := range []string{
			"ConnectResetRequest", "ConfigChangeNotifyRequest", "ClientDetectionRequest", "SetupAckRequest", "ConfigFuzzyWatchSyncRequest",
			"ConfigFuzzyWatchChangeNotifyRequest", "Other",
		} {
			f.Add(nacos.EncodePayload(typ, "", nil, []byte(body)))
		}
	}
	f.Add([]byte{0xff})
	cfg := nacos.Config{Servers: []string{"a:8848", "b:8848"}, AllowRedirects: []string{"10.1.0.0/16", "spare"}}
	f.Fuzz(func(t *testing.T, frame []byte) {
		to, answers, events := nacos.TakePush(cfg, frame)
		host := strings.TrimSuffix(strings.TrimPrefix(to, "https://"), "/nacos")
		if to != "" && host != "a:8848" && host != "b:8848" && !strings.HasPrefix(host, "10.1.") && !strings.HasPrefix(host, "[::ffff:10.1.") &&
			!strings.HasPrefix(host, "[::ffff:a01:") && !strings.HasPrefix(strings.ToLower(host), "spare:") {
			t.Errorf("the session goes to %q, which is not listed", to)
		}
		if answers > 1 {
			t.Errorf("one message has %d answers", answers)
		}
		for _, e := range events {
			if len(e.Server) > 300 || strings.ContainsFunc(e.Server, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("an event names the server %q", e.Server)
			}
		}
	})
}

// Whatever an address server says, its servers are valid, few, and not http where the Config is
// encrypted.
func FuzzServerList(f *testing.F) {
	for _, seed := range []string{"a\nb", "http://a:1/x\r\nhttps://b", "a,b,,a", "//a", "a/b?grpc=1", "<html>", "http://u:p@a", "a//b://c", "\x00", "a/ b?grpc=1", "a/%0a%3f"} {
		f.Add(seed)
	}
	cfg := nacos.Config{Servers: []string{"https://s"}, Endpoint: "e"}
	f.Fuzz(func(t *testing.T, answer string) {
		_, _, named := nacos.URLs(cfg, answer)
		all := strings.Fields(named)
		if len(all) > 256 {
			t.Errorf("%d servers were taken", len(all))
		}
		for _, url := range all {
			if !strings.HasPrefix(url, "https://") {
				t.Errorf("%q makes a server of %q", answer, url)
			}
		}
	})
}
