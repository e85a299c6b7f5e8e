package fakenacos_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// FuzzRequest sends anything as a unary request and on the stream. The server answers each with a
// payload, and goes on.
func FuzzRequest(f *testing.F) {
	srv := start(f, fakenacos.Options{DumpDelay: fakenacos.Off, Users: []fakenacos.User{{Name: "u", Password: "p"}}})
	p := connect(f, srv.Addr())
	garbage := connect(f, srv.Addr())
	for _, typ := range []string{"ConfigQueryRequest", "ConfigPublishRequest", "ConfigRemoveRequest", "ConfigBatchListenRequest", "HealthCheckRequest", "ServerCheckRequest", "ConnectionSetupRequest", "InstanceRequest",
		"BatchInstanceRequest", "PersistentInstanceRequest", "ServiceQueryRequest", "SubscribeServiceRequest", "ServiceListRequest", ""} {
		for _, body := range []string{
			"", "{}", "null", "{broken", "[]", keyBody("n", "g", "d"), publishBody("", "g", "d", "c", "x", `{"type":null,"betaIps":",,"}`),
			listenBody(true, "", "g", "d", ""), listenBody(false, "", "g", "d", ""), `{"configListenContexts":[null]}`, `{"requestId":"1","resultCode":200}`,
			instanceOf("n", "g", "s", "registerInstance", `{"ip":null,"port":"7","weight":"1.5","clusterName":"a_b","metadata":{"a":null,"preserved.heart.beat.interval":"9"}}`),
			instanceOf("n", "g", "s", "deregisterInstance", `null`), `{"namespace":"n","groupName":"g","serviceName":"s","type":"batchRegisterInstance","instances":[null,{}]}`,
			serviceBody("n", "g", "s", `"subscribe":true,"clusters":",a,"`), serviceBody("n", "g", "s", `"pageNo":-2147483648,"pageSize":2147483647`),
			serviceBody("n", "g", "s", `"pageNo":2,"pageSize":-1`), `{"listen":null,"configListenContexts":{}}`, `{"dataId":{},"group":[]}`, `{"abilityTable":{},"labels":{"a":"b"}}`, "\xff",
		} {
			f.Add(typ, body, "", true)
			f.Add(typ, body, "a.b.c", false)
		}
	}
	f.Fuzz(func(t *testing.T, typ, body, token string, byToken bool) {
		if strings.ToValidUTF8(typ, "") != typ || strings.ToValidUTF8(token, "") != token {
			t.Skip("not a protobuf string")
		}
		p.t, garbage.t = t, t
		p.header = map[string]string{"username": "u", "password": "p"}
		if byToken {
			p.header["accessToken"] = token
		}
		answer, answerBody, err := p.try(typ, body)
		if err != nil && status.Code(err) != codes.Canceled || err == nil && (answer == "" || !strings.HasPrefix(answerBody, `{"resultCode":`)) {
			t.Fatalf("%q %q gets %q %q %v", typ, body, answer, answerBody, err)
		}
		if err := garbage.stream.Send(payload(typ, body, nil)); err != nil {
			t.Fatalf("the stream broke on %q %q: %v", typ, body, err)
		}
		garbage.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	})
}

// FuzzHTTP sends anything as path, query and body. The server answers with a status it means.
func FuzzHTTP(f *testing.F) {
	var servers []*fakenacos.Server
	for _, version := range []string{"2.3", "3.0"} {
		srv := start(f, fakenacos.Options{Version: version, DumpDelay: fakenacos.Off, PlainRefusal: true})
		put(f, srv, "d", "content")
		servers = append(servers, srv)
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	f.Cleanup(client.CloseIdleConnections)
	const form = "application/x-www-form-urlencoded"
	for _, path := range []string{"/v1/cs/configs", "/v1/cs/configs/listener", "/v1/cs/history", "/v2/cs/config", "/v2/cs/history", "/v2/cs/history/list", "/v1/auth/login", "/v1/console/namespaces", "/v1/ns/instance", "/",
		configV3, configV3 + "/list", configV3 + "/beta", configV3 + "/listener", clientV3, historyV3, historyV3 + "/list", spaceV3, "/v3/auth/user/login"} {
		for _, query := range []string{"", "dataId=d&group=G", "dataId=d&group=G&search=blur&pageNo=2147483647&pageSize=2147483647", "dataId=*&group=*&search=blur&pageNo=-1&pageSize=9", "show=all&dataId=d&group=G",
			"nid=1&dataId=d&group=x", "nid=1&dataId=d&groupName=G&tag=tag_x&pageNo=2147483647", "nid=-1&dataId=d&group=G", "%zz&;&=&dataId", "beta=true&dataId=d&group=G", "username=a&password=b", "pageNo=9223372036854775807&dataId=d&group=G",
			"serviceName=G@@s&ip=::1&port=1&weight=NaN&metadata={&ephemeral=false"} {
			f.Add("GET", path, query, "", "")
			f.Add("POST", path, "", form, query+"&content=x")
			f.Add("DELETE", path, query, form, query)
		}
	}
	f.Add("POST", "/v1/cs/configs", "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"dataId\"\r\n\r\nd\r\n--b--\r\n")
	f.Add("POST", "/v1/cs/configs", "", "multipart/form-data", "--b")
	f.Fuzz(func(t *testing.T, method, path, query, media, body string) {
		for _, srv := range servers {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, method, srv.URL(), strings.NewReader(body))
			if err != nil || strings.ContainsAny(query, "\r\n #\x00\x7f") {
				t.Skip("not a request")
			}
			req.URL.Path += path
			req.URL.RawQuery = query
			if media != "" {
				req.Header.Set("Content-Type", media)
			}
			resp, err := client.Do(req)
			if err != nil {
				if ctx.Err() == nil && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "reset") {
					t.Skip("the client does not send this")
				}
				t.Fatalf("%s %q?%q %q %q: %v", method, path, query, media, body, err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	})
}
