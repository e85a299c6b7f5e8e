package fakenacos_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var httpClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// curl sends what curl would send: a form with -d, headers "Name: value" with -H.
func (g *target) curl(method, path, form string, headers ...string) (code int, head http.Header, body string) {
	g.t.Helper()
	var in io.Reader
	if form != "" {
		in = strings.NewReader(form)
	}
	req, err := http.NewRequest(method, "http://"+g.addr+"/nacos"+path, in)
	if err != nil {
		g.t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header[name] = []string{value}
	}
	resp, err := httpClient.Do(req)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func (g *target) wantHTTP(method, path, form string, code int, media, body string, headers ...string) {
	g.t.Helper()
	gotCode, head, got := g.curl(method, path, form, headers...)
	if gotCode != code || !same(normal(got), body) || media != "" && head.Get("Content-Type") != media {
		g.t.Errorf("%s %s %s\n gets %d %s %q\nwants %d %s %q", method, path, form, gotCode, head.Get("Content-Type"), normal(got), code, media, body)
	}
}

func (g *target) login() string {
	g.t.Helper()
	code, _, body := g.curl("POST", "/v1/auth/login", url.Values{"username": {g.user}, "password": {g.pass}}.Encode())
	var got struct{ AccessToken string }
	if err := json.Unmarshal([]byte(body), &got); code != 200 || err != nil || got.AccessToken == "" {
		g.t.Fatalf("login gets %d %v", code, err)
	}
	return got.AccessToken
}

// served waits until a read over HTTP gets this code.
func (g *target) served(id string, code int) (http.Header, string) {
	g.t.Helper()
	for end := time.Now().Add(patience); ; {
		got, head, body := g.curl("GET", "/v1/cs/configs?dataId="+id+"&group="+g.group, "")
		if got == code {
			return head, body
		}
		if time.Now().After(end) {
			g.t.Fatalf("a read of %s gets %d, not %d", id, got, code)
		}
		time.Sleep(50 * time.Millisecond) // a real server gets slower if it is polled harder
	}
}

// errorPage is the page of the server for errors. Only that of a Nacos 3 has a message.
func (g *target) errorPage(code int, message, path string) string {
	return fmt.Sprintf(`{"timestamp":"NOW","status":%d,"error":%q,%s"path":%q}`, code, http.StatusText(code),
		by(g, "", `"message":`+quote(message)+`,`), "/nacos"+path)
}

// answer is an answer over HTTP.
type answer struct {
	code        int
	media, body string
}

// gone is the answer of a Nacos 3 on a path of Nacos 2 that it has under another one.
func (g *target) gone(method, path, part, to string) string {
	return g.errorPage(410, fmt.Sprintf("{\"code\":40000,\"message\":\"Current API will be deprecated, please use API(s) `%s ${contextPath:nacos}/v3/%s/%s` instead, "+
		"or set `nacos.core.api.compatibility.%[2]s.enabled=true` in application.properties.\"}", method, part, to), path)
}

const (
	textUTF8 = "text/plain;charset=UTF-8"
	jsonUTF8 = "application/json;charset=UTF-8"
	jsonOnly = "application/json"
)

func TestConformanceHTTPConfig(t *testing.T) { onEach(t, false, conformHTTPConfig) }

func conformHTTPConfig(g *target) {
	t := g.t
	const path = "/v1/cs/configs"
	at := "dataId=a&group=" + g.group
	g.wantHTTP("GET", path+"?"+at, "", 404, jsonUTF8, "config data not exist\n")
	g.wantHTTP("POST", path, at+"&content=a: 1&type=yaml", 200, jsonUTF8, "true")
	t.Cleanup(func() { g.curl("DELETE", path+"?"+at, "") })
	head, body := g.served("a", 200)
	if body != "a: 1" || head.Get("Content-MD5") != digest("a: 1") || head.Get("Config-Type") != "yaml" || head.Get("Content-Type") != textUTF8 {
		t.Errorf("a read gets %q with %v", body, head)
	}
	if _, err := http.ParseTime(head.Get("Last-Modified")); err != nil {
		t.Errorf("Last-Modified: %v", err)
	}
	g.wantHTTP("GET", path+"?"+at+"&tenant=public", "", 200, textUTF8, "a: 1")
	g.wantHTTP("GET", path+"?"+at+"&tenant=", "", 200, textUTF8, "a: 1")
	g.wantHTTP("GET", path+"?"+at+"&tenant=nacre-none", "", 404, jsonUTF8, "config data not exist\n")
	missing := func(name string) *answer {
		return &answer{400, jsonUTF8, g.errorPage(400, "Required parameter '"+name+"' is not present.", path)}
	}
	caused := func(problem string) *answer { return &answer{400, jsonUTF8, "caused: " + problem + ";"} }
	gone := func(to string) *answer { return &answer{410, jsonUTF8, g.gone("GET", path, "console", to)} }
	for _, c := range []struct {
		method, query, form string
		code                int
		media, body         string
		three               *answer // where it differs on a Nacos 3
	}{
		{"GET", "", "", 400, textUTF8, "Parameter 'dataId' is missing", missing("dataId")},
		{"GET", "group=G", "", 400, textUTF8, "Parameter 'dataId' is missing", missing("dataId")},
		{"GET", "dataId=a", "", 400, textUTF8, "Parameter 'group' is missing", missing("group")},
		{"GET", "dataId=&group=G", "", 400, textUTF8, "invalid dataId : ", caused("invalid dataId : ")},
		{"GET", "dataId=%zz&group=G", "", 400, textUTF8, "Parameter 'dataId' is missing", missing("dataId")},
		{"GET", "dataId=a%20b&group=G", "", 400, jsonUTF8, "Param 'dataId' is illegal, illegal characters should not appear in the param.\r\n", nil},
		{"POST", "", at, 400, textUTF8, "Parameter 'content' is missing", missing("content")},
		{"POST", "", at + "&content=", 400, textUTF8, "content is blank : ", caused("content is blank : ")},
		{"POST", "", "dataId=a&content=x", 400, textUTF8, "Parameter 'group' is missing", missing("group")},
		{"POST", "", "dataId=&group=G&content=x", 400, textUTF8, "invalid dataId : ", caused("invalid dataId : ")},
		{"POST", "", "dataId=x&group=G&content=x&config_tags=a,b,c,d,e,f", 400, textUTF8, "too much config_tags, over 5", &answer{400, jsonUTF8, "false"}},
		{"POST", "", "dataId=x&group=G&content=x&tag=a+b", 400, textUTF8, "invalid tag : a b", caused("invalid tag : a b")},
		{"PUT", "", at + "&content=x", 500, textUTF8, "caused: Request method 'PUT' not supported;", &answer{405, jsonUTF8, g.errorPage(405, "Method 'PUT' is not supported.", path)}},
		{"DELETE", "dataId=a", "", 400, textUTF8, "Parameter 'group' is missing", missing("group")},
		{"DELETE", "dataId=&group=G", "", 400, textUTF8, "invalid dataId : ", caused("invalid dataId : ")},
		{"DELETE", "dataId=none&group=" + g.group, "", 200, jsonUTF8, "true", nil},
		{"GET", "search=accurate&dataId=none&group=" + g.group, "", 400, textUTF8, "Parameter 'pageNo' is missing", gone("cs/config/list")},
		{"GET", "search=accurate&pageNo=1&pageSize=10&dataId=none&group=" + g.group, "", 200, jsonUTF8, `{"totalCount":0,"pageNumber":1,"pagesAvailable":0,"pageItems":[]}`, gone("cs/config/list")},
		{"GET", "search=accurate&pageNo=1&pageSize=10&" + at, "", 200, jsonUTF8, fmt.Sprintf(`{"totalCount":1,"pageNumber":1,"pagesAvailable":1,"pageItems":[{"id":"N","dataId":"a","group":%q,"content":"a: 1","md5":null,"encryptedDataKey":null,"tenant":"","appName":"","type":"yaml"}]}`, g.group), gone("cs/config/list")},
		{"GET", "search=blur&pageNo=1&pageSize=10&dataId=*&group=" + g.group[:20] + "*", "", 200, jsonUTF8, fmt.Sprintf(`{"totalCount":1,"pageNumber":1,"pagesAvailable":1,"pageItems":[{"id":"N","dataId":"a","group":%q,"content":"a: 1","md5":null,"encryptedDataKey":"","tenant":"","appName":"","type":null}]}`, g.group), gone("cs/config/list")},
		{"GET", "search=accurate&pageNo=0&pageSize=10&dataId=x&group=G", "", 500, textUTF8, "caused: serialize page error, dataId=x, group=G;caused: pageNo and pageSize must be greater than zero;", gone("cs/config/list")},
		{"GET", "show=all&" + at, "", 200, jsonUTF8, fmt.Sprintf(`{"id":"N","dataId":"a","group":%q,"content":"a: 1","md5":%q,"encryptedDataKey":"","tenant":"","appName":"","type":"yaml","createTime":1,"modifyTime":1,"createUser":null,"createIp":"127.0.0.1","desc":null,"use":null,"effect":null,"schema":null,"configTags":null}`, g.group, digest("a: 1")), gone("cs/config")},
	} {
		p := path
		if c.query != "" {
			p += "?" + c.query
		}
		want := answer{c.code, c.media, c.body}
		if g.three && c.three != nil {
			want = *c.three
		}
		g.wantHTTP(c.method, p, c.form, want.code, want.media, want.body)
	}
	g.wantHTTP("POST", path, at+"&content=cas", 500, by(g, textUTF8, jsonUTF8), by(g, "Cas publish fail, server md5 may have changed.", "false"), "casMd5: abc")
	g.wantHTTP("POST", path, at+"&content=cas2", 200, jsonUTF8, "true", "casMd5: "+digest("a: 1"))
	g.wantHTTP("POST", path, at+"&content=notcas&casMd5=abc", 200, jsonUTF8, "true") // only the header counts
	g.wantHTTP("POST", path+"?"+at, "content=half", 200, jsonUTF8, "true")
	g.wantHTTP("POST", path+"?"+at+"&content=query", "", 200, jsonUTF8, "true")
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	g.wantHTTP("POST", path, part("dataId", "a")+part("group", g.group)+part("content", "curl -F")+"--b--\r\n", 200, jsonUTF8, "true",
		"Content-Type: multipart/form-data; boundary=b")
	none := by(g, &answer{400, textUTF8, "Parameter 'dataId' is missing"}, missing("dataId"))
	g.wantHTTP("DELETE", path, at, none.code, none.media, none.body, "Content-Type: text/none")
	g.wantHTTP("DELETE", path+"?"+at, "", 200, jsonUTF8, "true")
	g.served("a", 404)
}

func TestConformanceHTTPTypes(t *testing.T) { onEach(t, false, conformHTTPTypes) }

func conformHTTPTypes(g *target) {
	t := g.t
	for typ, want := range map[string][2]string{
		"json": {"json", jsonUTF8}, "xml": {"xml", "application/xml;charset=UTF-8"}, "html": {"html", "text/html;charset=UTF-8"},
		"properties": {"properties", textUTF8}, "toml": {"toml", textUTF8}, "TEXT": {"text", textUTF8}, "nosuch": {"text", textUTF8},
	} {
		at := "dataId=" + typ + "&group=" + g.group
		g.wantHTTP("POST", "/v1/cs/configs", at+"&content=x&type="+typ, 200, jsonUTF8, "true")
		t.Cleanup(func() { g.curl("DELETE", "/v1/cs/configs?"+at, "") })
		if head, _ := g.served(typ, 200); head.Get("Config-Type") != want[0] || head.Get("Content-Type") != by(g, want[1], textUTF8) {
			t.Errorf("type %s is read with %s, %s", typ, head.Get("Config-Type"), head.Get("Content-Type"))
		}
	}
}

func TestConformanceHTTPv2(t *testing.T) { onTwo(t, false, conformHTTPv2) }

func conformHTTPv2(g *target) {
	t := g.t
	const path = "/v2/cs/config"
	at := "dataId=a&group=" + g.group
	missing := func(kind, name, method string) string {
		return fmt.Sprintf(`{"code":10000,"message":"parameter missing","data":"Required %s '%s' %stype String is not present"}`, kind, name, method)
	}
	invalid := `{"code":20002,"message":"parameter validate error","data":"invalid dataId : "}`
	g.wantHTTP("GET", path+"?"+at, "", 404, jsonUTF8, `{"code":20004,"message":"resource not found","data":"config data not exist"}`+"\n")
	g.wantHTTP("GET", path+"?group=G", "", 400, jsonOnly, missing("request parameter", "dataId", "for method parameter "))
	g.wantHTTP("GET", path+"?dataId=G", "", 400, jsonOnly, missing("request parameter", "group", "for method parameter "))
	g.wantHTTP("GET", path+"?dataId=&group=G", "", 400, jsonOnly, invalid)
	g.wantHTTP("DELETE", path+"?dataId=&group=G", "", 400, jsonOnly, invalid)
	g.wantHTTP("POST", path, at, 400, jsonOnly, missing("parameter", "content", ""))
	g.wantHTTP("POST", path, at+"&content=+", 400, jsonOnly, missing("parameter", "content", ""))
	g.wantHTTP("POST", path, "group=G&content=x", 400, jsonOnly, missing("parameter", "dataId", ""))
	g.wantHTTP("POST", path, at+"&content={\"a\":1}&type=json", 200, jsonOnly, `{"code":0,"message":"success","data":true}`)
	g.wantHTTP("POST", path, at+"&content=x", 500, jsonOnly, `{"code":20005,"message":"resource conflict","data":"Cas publish fail, server md5 may have changed."}`, "casMd5: abc")
	g.served("a", 200)
	_, head, _ := g.curl("GET", path+"?"+at+"&namespaceId=public", "")
	if head.Get("Content-MD5") != digest(`{"a":1}`) || head.Get("Config-Type") != "json" {
		t.Errorf("a read gets %v", head)
	}
	g.wantHTTP("GET", path+"?"+at, "", 200, jsonUTF8, `{"code":0,"message":"success","data":"{\"a\":1}"}`)
	g.wantHTTP("DELETE", path+"?"+at, "", 200, jsonOnly, `{"code":0,"message":"success","data":true}`)
	g.wantHTTP("DELETE", path+"?"+at, "", 200, jsonOnly, `{"code":0,"message":"success","data":true}`)
	g.served("a", 404)
}

func TestConformanceHTTPBeta(t *testing.T) { onTwo(t, false, conformHTTPBeta) }

func conformHTTPBeta(g *target) {
	t := g.t
	const path = "/v1/cs/configs"
	at := "dataId=a&group=" + g.group
	g.wantHTTP("POST", path, at+"&content=beta", 200, jsonUTF8, "true", "betaIps: 127.0.0.1")
	if head, body := g.served("a", 200); body != "beta" || len(head.Values("isBeta")) != 1 {
		t.Errorf("a beta address reads %q with %v", body, head)
	}
	g.wantHTTP("GET", path+"?beta=true&"+at, "", 200, jsonUTF8, fmt.Sprintf(
		`{"code":200,"message":"query beta ok","data":{"id":"N","dataId":"a","group":%q,"content":"beta","md5":null,"encryptedDataKey":"","tenant":"","appName":"","type":null,"betaIps":"127.0.0.1","lastModified":1}}`, g.group))
	g.wantHTTP("DELETE", path+"?beta=true&"+at, "", 200, jsonUTF8, `{"code":200,"message":"stop beta ok","data":true}`)
	g.wantHTTP("GET", path+"?beta=true&"+at, "", 200, jsonUTF8, `{"code":200,"message":"query beta ok","data":null}`)
	g.served("a", 404)
}

func TestConformanceHistory(t *testing.T) { onTwo(t, false, conformHistory) }

func conformHistory(g *target) {
	t := g.t
	p := g.connect()
	at := "dataId=a&group=" + g.group
	entry := func(op, user string) string {
		return fmt.Sprintf(`{"id":"N","lastId":-1,"dataId":"a","group":%q,"tenant":"","appName":"","md5":null,"content":null,"srcIp":"127.0.0.1","srcUser":%s,"opType":"%-10s","createdTime":"2010-05-05T00:00:00.000+00:00","lastModifiedTime":"NOW","encryptedDataKey":null}`, g.group, user, op)
	}
	g.publish(p, "", "a", "1", `{"src_user":"me"}`)
	g.publish(p, "", "a", "2", "")
	p.want("ConfigRemoveRequest", keyBody("", g.group, "a"), "ConfigRemoveResponse", done200)
	p.want("ConfigRemoveRequest", keyBody("", g.group, "a"), "ConfigRemoveResponse", done200) // no entry
	d, u, i := entry("D", "null"), entry("U", "null"), entry("I", `"me"`)
	page := func(number, available int, entries ...string) string {
		return fmt.Sprintf(`{"totalCount":3,"pageNumber":%d,"pagesAvailable":%d,"pageItems":[%s]}`, number, available, strings.Join(entries, ","))
	}
	const path = "/v1/cs/history"
	g.wantHTTP("GET", path+"?search=accurate&"+at+"&pageNo=1&pageSize=10", "", 200, jsonUTF8, page(1, 1, d, u, i))
	g.wantHTTP("GET", path+"?search=accurate&"+at+"&pageNo=1&pageSize=2", "", 200, jsonUTF8, page(1, 2, d, u))
	g.wantHTTP("GET", path+"?search=accurate&"+at+"&pageNo=2&pageSize=2&tenant=", "", 200, jsonUTF8, page(2, 2, i))
	g.wantHTTP("GET", path+"?search=accurate&"+at, "", 200, jsonUTF8, page(1, 1, d, u, i))
	g.wantHTTP("GET", path+"?search=accurate&dataId=none&group="+g.group, "", 200, jsonUTF8, `{"totalCount":0,"pageNumber":1,"pagesAvailable":0,"pageItems":[]}`)
	g.wantHTTP("GET", path+"?search=accurate&"+at+"&pageNo=0", "", 400, textUTF8, "pageNo and pageSize must be greater than zero")
	g.wantHTTP("GET", "/v2/cs/history/list?"+at, "", 200, jsonOnly, `{"code":0,"message":"success","data":`+page(1, 1, d, u, i)+`}`)

	_, _, body := g.curl("GET", path+"?search=accurate&"+at, "")
	var list struct{ PageItems []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.PageItems) != 3 {
		t.Fatalf("history: %v", err)
	}
	for n, content := range []string{"2", "1", "1"} { // a delete and an update tell what went, an insert what came
		whole := strings.NewReplacer(`"md5":null`, fmt.Sprintf(`"md5":%q`, digest(content)), `"content":null`, fmt.Sprintf(`"content":%q`, content),
			`"encryptedDataKey":null`, `"encryptedDataKey":""`).Replace([]string{d, u, i}[n])
		g.wantHTTP("GET", path+"?nid="+list.PageItems[n].ID+"&"+at, "", 200, jsonUTF8, whole)
		g.wantHTTP("GET", "/v2/cs/history?nid="+list.PageItems[n].ID+"&"+at, "", 200, jsonOnly, `{"code":0,"message":"success","data":`+whole+`}`)
	}
	g.wantHTTP("GET", path+"?nid=99999999999&"+at, "", 200, jsonUTF8, "")
	if line := g.raw("GET", "/nacos"+path+"?nid="+list.PageItems[0].ID+"&dataId=other&group="+g.group, ""); line != "HTTP/1.1 0 " {
		t.Errorf("a history entry of another config gets the status line %q", line)
	}
}

// raw returns the status line, which may be one that net/http does not take.
func (g *target) raw(method, path, form string) string {
	g.t.Helper()
	c, err := net.DialTimeout("tcp", g.addr, patience)
	if err != nil {
		g.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", method, path, len(form), form)
	b, err := io.ReadAll(c)
	if err != nil {
		g.t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\r\n")
	return line
}

func TestConformanceListeners(t *testing.T) { onEach(t, false, conformListeners) }

func conformListeners(g *target) {
	p := g.connect()
	path := by(g, "/v1/cs/configs/listener?group=", "/v3/admin/cs/config/listener?groupName=") + g.group
	tenant, media := by(g, "&tenant=", "&namespaceId="), by(g, jsonUTF8, jsonOnly)
	listed := func(by2, by3 string) string {
		return by(g, `{"collectStatus":200,"lisentersGroupkeyStatus":{`+by2+`}}`, `{"code":0,"message":"success","data":{"queryType":"config","listenersStatus":{`+by3+`}}}`)
	}
	at := func(md5 string) string { return listed(`"127.0.0.1":"`+md5+`"`, `"127.0.0.1":"`+md5+`"`) }
	const id = "&dataId=a"
	g.wantHTTP("GET", path+id, "", 200, media, listed("", ""))
	p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", "abc", "nsx", g.group, "a", "def"))
	g.wantHTTP("GET", path+id, "", 200, media, at("abc"))
	g.wantHTTP("GET", path+id+tenant+"nsx", "", 200, media, at("def"))
	p.ask("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", "xyz"))
	g.wantHTTP("GET", path+id, "", 200, media, at("xyz"))
	p.ask("ConfigBatchListenRequest", listenBody(false, "", g.group, "a", ""))
	g.wantHTTP("GET", path+id, "", 200, media, listed("", ""))
	g.wantHTTP("GET", path, "", 400, by(g, textUTF8, jsonOnly), by(g, "Parameter 'dataId' is missing", lacks("dataId")))
}

// lacks is the answer of a Nacos 3 to a form without a parameter.
func lacks(name string) string {
	return fmt.Sprintf(`{"code":10000,"message":"parameter missing","data":"Required parameter '%s' type String is not present"}`, name)
}

// The list of connections has what each client says about itself.
func TestConformanceConnections(t *testing.T) { onEach(t, false, conformConnections) }

func conformConnections(g *target) {
	g.connectAs(fmt.Sprintf(`"AppName":%q,"app_zone":"a",`, g.group))
	bare := dialPeer(g.t, g.addr)
	bare.setup(fmt.Sprintf(`{"clientVersion":%q,"abilityTable":{"a":true},"labels":{}}`, g.group))
	bare.registered()
	code, _, body := g.curl("GET", by(g, "/v2/core/loader/current", "/v3/admin/core/loader/current"), "")
	type connections map[string]struct {
		Meta   json.RawMessage `json:"metaInfo"`
		App    json.RawMessage `json:"appLabels"`
		Labels json.RawMessage
	}
	var list connections
	var err error
	if g.three {
		var wrapped struct{ Data connections }
		err = json.Unmarshal([]byte(body), &wrapped)
		list = wrapped.Data
	} else {
		err = json.Unmarshal([]byte(body), &list)
	}
	if err != nil || code != 200 {
		g.t.Fatalf("the list of connections: %d, %v: %s", code, err, body)
	}
	volatile := regexp.MustCompile(`"(remotePort|localPort|lastActiveTime)":[0-9]+`)
	shared := `"remoteIp":"127.0.0.1","remotePort":1,"tlsProtected":false,`
	found := 0
	for id, c := range list {
		for app, want := range map[string][2]string{
			g.group: {`"version":"Test:v1","appName":"` + g.group + `","labels":{"app_zone":"a","AppName":"` + g.group + `","source":"sdk","module":"config"},` + by(g, `"tenant":""`, `"namespaceId":""`) + `,"sdkSource":true`,
				`{"zone":"a","ClientVersion":"Test:v1","AppName":"` + g.group + `"}`},
			"-": {`"version":"` + g.group + `","appName":"-","labels":{},` + by(g, `"tenant":null`, `"namespaceId":null`) + `,"sdkSource":false`, `{"ClientVersion":"` + g.group + `","AppName":null}`},
		} {
			got := volatile.ReplaceAllString(normal(string(c.Meta)), `"$1":1`)
			if !strings.Contains(got, g.group) || !strings.Contains(got, `"appName":"`+app+`"`) {
				continue
			}
			found++
			meta := `{"connectionId":"CONNECTION","clientIp":"127.0.0.1","localPort":1,"connectType":"GRPC","createTime":"NOW","lastActiveTime":1,"tag":null,"clusterSource":false,` +
				by(g, "", shared) + want[0] + `,"appLabels":` + want[1] + `}`
			if !same(got, meta) || !same(string(c.App), want[1]) || !strings.Contains(string(c.Meta), id) {
				g.t.Errorf("a connection is listed as %s %s\nwants %s %s", got, c.App, meta, want[1])
			}
		}
	}
	if found != 2 {
		g.t.Errorf("of 2 connections %d are listed: %s", found, body)
	}
}

func TestConformanceConsole(t *testing.T) { onTwo(t, false, conformConsole) }

func conformConsole(g *target) {
	t := g.t
	g.wantHTTP("GET", "/v1/console/health/readiness", "", 200, textUTF8, "OK")
	g.wantHTTP("GET", "/v1/console/health/liveness", "", 200, textUTF8, "OK")
	g.wantHTTP("GET", "/v2/console/health/readiness", "", 200, jsonOnly, `{"code":0,"message":"success","data":"ok"}`)
	g.wantHTTP("GET", "/v1/cs/health", "", 200, textUTF8, "UP")
	g.wantHTTP("GET", "/v1/nosuch", "", 404, jsonOnly, `{"timestamp":"NOW","status":404,"error":"Not Found","path":"/nacos/v1/nosuch"}`)
	_, _, body := g.curl("GET", "/v1/console/server/state", "")
	var state map[string]any
	if err := json.Unmarshal([]byte(body), &state); err != nil || state["version"] != "2.3.2" || state["auth_enabled"] != "false" || state["maxContent"] != "10485760" {
		t.Errorf("server state: %v %v", state, err)
	}
	id := g.group
	g.wantHTTP("POST", "/v1/console/namespaces", "customNamespaceId="+id+"&namespaceName=n&namespaceDesc=d", 200, jsonOnly, "true")
	_, _, body = g.curl("GET", "/v1/console/namespaces", "")
	if want := fmt.Sprintf(`{"namespace":%q,"namespaceShowName":"n","namespaceDesc":"d","quota":200,"configCount":0,"type":2}`, id); !strings.Contains(body, want) {
		t.Errorf("namespaces are %s", body)
	}
	g.wantHTTP("DELETE", "/v1/console/namespaces?namespaceId="+id, "", 200, jsonOnly, "true")
}

func TestConformanceLoginOff(t *testing.T) { onEach(t, false, conformLoginOff) }

func conformLoginOff(g *target) {
	lost := g.errorPage(500, "Handle API Compatibility failed, please see log for detail.", "/v1/auth/login")
	off := by(g, answer{200, jsonOnly, `{"code":200,"message":null,"data":"Bearer AUTH_DISABLED"}`}, answer{500, jsonOnly, lost}) // a Nacos 3 begins without users
	g.wantHTTP("POST", "/v1/auth/login", "username=nacos&password=any", off.code, off.media, off.body)
	g.wantHTTP("POST", "/v1/auth/login", "username=nobody&password=any", 500, by(g, textUTF8, jsonOnly), by(g, "caused: User nobody not found;", lost))
	g.wantHTTP("POST", "/v3/auth/user/login", "username=nacos&password=any", by(g, 404, 403), jsonOnly, g.errorPage(by(g, 404, 403), "Access Denied", "/v3/auth/user/login"))
}

func TestConformanceLogin(t *testing.T) { onEach(t, true, conformLogin) }

func conformLogin(g *target) {
	t := g.t
	login := url.Values{"username": {g.user}, "password": {g.pass}}.Encode()
	for _, path := range by(g, []string{"/v1/auth/login", "/v1/auth/users/login"}, []string{"/v1/auth/login", "/v1/auth/users/login", "/v3/auth/user/login"}) {
		code, head, body := g.curl("POST", path, login)
		var got struct {
			AccessToken string
			TokenTTL    int64
			GlobalAdmin bool
			Username    string
		}
		if err := json.Unmarshal([]byte(body), &got); code != 200 || err != nil || got.TokenTTL != 18000 || !got.GlobalAdmin || got.Username != g.user ||
			head.Get("Authorization") != "Bearer "+got.AccessToken || strings.Count(got.AccessToken, ".") != 2 {
			t.Errorf("POST %s gets %d, ttl %d, admin %v, %v", path, code, got.TokenTTL, got.GlobalAdmin, err)
		}
	}
	const path, newer = "/v1/auth/login", "/v3/auth/user/login"
	refused := func(method, form string, two, three answer) {
		g.t.Helper()
		want := by(g, two, three)
		g.wantHTTP(method, path, form, want.code, want.media, want.body)
	}
	lost := answer{500, jsonOnly, g.errorPage(500, "Handle API Compatibility failed, please see log for detail.", path)}
	missing := func(name string) answer {
		return answer{400, jsonOnly, g.errorPage(400, "Required parameter '"+name+"' is not present.", path)}
	}
	refused("POST", "", answer{400, textUTF8, "Parameter 'username' is missing"}, missing("username"))
	refused("POST", "username=nacos", answer{400, textUTF8, "Parameter 'password' is missing"}, missing("password"))
	refused("POST", "username=nobody&password=x", answer{500, textUTF8, "caused: User nobody not found;"}, lost)
	refused("PUT", login, answer{500, textUTF8, "caused: Request method 'PUT' not supported;"}, answer{405, jsonOnly, g.errorPage(405, "Method 'PUT' is not supported.", path)})
	wrong := "username=" + g.user + "&password=wrong"
	if g.three {
		refused("POST", wrong, answer{}, lost)
		g.wantHTTP("POST", newer, "username=nobody&password=x", 403, jsonOnly, g.errorPage(403, "Access Denied", newer))
		for _, form := range []string{wrong, "", "username=nacos"} {
			g.wantHTTP("POST", newer, form, 500, jsonOnly, g.errorPage(500, "No message available", newer))
		}
	} else if line := g.raw("POST", "/nacos"+path, wrong); line != "HTTP/1.1 0 " {
		t.Errorf("a wrong password gets the status line %q", line)
	}
	const configs = "/v1/cs/configs"
	forbidden := g.errorPage(403, "Code: 401, Message: User not found! Please check user exist or password is right!.", configs)
	at := "/v1/cs/configs?dataId=a&group=" + g.group
	g.wantHTTP("GET", at, "", 403, jsonUTF8, forbidden)
	g.wantHTTP("GET", at+"&accessToken=bad", "", 403, jsonUTF8, g.errorPage(403, "Code: 401, Message: token invalid!.", configs))
	g.wantHTTP("GET", at, "", 403, jsonUTF8, forbidden, "Authorization: "+g.token)
	g.wantHTTP("GET", at+"&accessToken="+g.token, "", 404, jsonUTF8, "config data not exist\n")
	g.wantHTTP("GET", at, "", 404, jsonUTF8, "config data not exist\n", "Accesstoken: "+g.token)
	g.wantHTTP("GET", at, "", 404, jsonUTF8, "config data not exist\n", "Authorization: Bearer "+g.token)
	g.wantHTTP("GET", at+"&"+login, "", 404, jsonUTF8, "config data not exist\n")
	g.wantHTTP("GET", strings.Replace(at, "dataId=a", "dataId=a%20b", 1), "", 403, jsonUTF8, forbidden) // login comes before the names
	g.wantHTTP("DELETE", at, "", 403, jsonUTF8, forbidden)
	const v2 = "/v2/cs/config"
	g.wantHTTP("GET", v2+"?dataId=a&group=G", "", by(g, 403, 410), jsonOnly, by(g, g.errorPage(403, "", v2), g.gone("GET", v2, "admin", "cs/config")))
	if !g.three {
		g.wantHTTP("GET", "/v1/console/health/readiness", "", 200, textUTF8, "OK")
		return
	}
	g.wantHTTP("GET", "/v3/admin/core/state/readiness", "", 200, jsonOnly, `{"code":0,"message":"success","data":"ok"}`)
	for _, path := range []string{"/v3/admin/cs/config", "/v3/client/cs/config", "/v3/admin/cs/config/listener", "/v3/admin/core/namespace/list"} {
		at := path + "?dataId=a&groupName=" + g.group
		g.wantHTTP("GET", at, "", 403, jsonOnly, strings.Replace(forbidden, configs, path, 1))
		if code, _, body := g.curl("GET", at, "", "Accesstoken: "+g.token); code == 403 {
			t.Errorf("with a token GET %s gets %s", path, body)
		}
	}
}

func TestConformanceLoginGRPC(t *testing.T) { onEach(t, true, conformLoginGRPC) }

func conformLoginGRPC(g *target) {
	t := g.t
	p := connect(t, g.addr) // without a token
	p.want("HealthCheckRequest", "{}", "HealthCheckResponse", done200)
	unknown := by(g, "user not found!", "Code: 401, Message: User not found! Please check user exist or password is right!.")
	denied := func(text string) string {
		return fmt.Sprintf(`{"resultCode":500,"errorCode":403,"message":%q,"lastModified":0,"beta":false,"success":false}`, text)
	}
	query := keyBody("", g.group, "a")
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse", denied(unknown))
	p.want("ConfigPublishRequest", publishBody("", g.group, "a", "x", "", ""), "ConfigPublishResponse", failure(403, unknown))
	p.want("ConfigRemoveRequest", query, "ConfigRemoveResponse", failure(403, unknown))
	p.want("ConfigBatchListenRequest", listenBody(true, "", g.group, "a", ""), "ConfigChangeBatchListenResponse",
		`{"resultCode":500,"errorCode":403,"message":"`+unknown+`","changedConfigs":[],"success":false}`)
	p.want("ConfigQueryRequest", keyBody("", g.group, "a b"), "ConfigQueryResponse", denied(unknown))
	p.want("ConfigQueryRequest", "{broken", "ErrorResponse", failure(502, "errCode: 101, errMsg: Nacos deserialize failed.  "))
	for token, text := range map[string]string{
		"bad":         by(g, "token invalid!", "Code: 401, Message: token invalid!."),
		"":            unknown,
		g.token + "x": by(g, "Invalid signature", "Code: 401, Message: Invalid signature."),
	} {
		p.header = map[string]string{"accessToken": token}
		p.want("ConfigQueryRequest", query, "ConfigQueryResponse", denied(text))
	}
	service := serviceBody("public", g.group, "s", `"type":"registerInstance","instance":{"ip":"10.0.0.1","port":1},"instances":[]`)
	for typ, answer := range map[string]string{
		"InstanceRequest": "InstanceResponse", "BatchInstanceRequest": "BatchInstanceResponse", "PersistentInstanceRequest": "InstanceResponse",
		"ServiceQueryRequest": "QueryServiceResponse", "SubscribeServiceRequest": "SubscribeServiceResponse", "ServiceListRequest": "ServiceListResponse",
	} {
		want := failure(403, unknown)
		if typ == "ServiceListRequest" {
			want = strings.Replace(want, `,"success"`, `,"count":0,"success"`, 1)
		}
		p.header = nil
		p.want(typ, service, answer, want)
		p.header = map[string]string{"accessToken": g.token}
		if got, body := p.ask(typ, strings.Replace(service, g.group, g.group+typ, 1)); strings.Contains(body, `"errorCode":403`) {
			t.Errorf("with a token %s gets %s %s", typ, got, body)
		}
	}
	g.wantHTTP("POST", "/v1/ns/instance", "serviceName=x&ip=10.0.0.1&port=1&ephemeral=false", 403, "application/json",
		g.errorPage(403, unknown, "/v1/ns/instance"))
	p.header = map[string]string{"username": g.user, "password": "wrong"}
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse", denied(unknown))
	p.header = map[string]string{"username": g.user, "password": g.pass}
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse", notFound)
	p.header = map[string]string{"accessToken": g.token}
	p.want("ConfigQueryRequest", query, "ConfigQueryResponse", notFound)
	p.want("ConfigQueryRequest", keyBody("", g.group, "a b"), "ConfigQueryResponse",
		`{"resultCode":500,"errorCode":400,"message":"Param check invalid:Param 'dataId' is illegal, illegal characters should not appear in the param.","lastModified":0,"beta":false,"success":false}`)
	// Over gRPC the history knows who the client says that it is, over HTTP who logged in.
	g.publish(p, "", "a", "1", `{"src_user":"somebody"}`)
	g.wantHTTP("POST", "/v1/cs/configs", "dataId=a&content=2&group="+g.group+"&accessToken="+g.token, 200, jsonUTF8, "true")
	_, _, body := g.curl("GET", by(g, "/v1/cs/history?search=accurate&group=", "/v3/admin/cs/history/list?groupName=")+g.group+"&dataId=a&accessToken="+g.token, "")
	for _, user := range []string{"somebody", g.user} {
		if !strings.Contains(body, fmt.Sprintf(`"srcUser":%q`, user)) {
			t.Errorf("the history does not name %s: %s", user, normal(body))
		}
	}
}

// What "public" means differs from page to page.
func TestConformanceHTTPPublicNamespace(t *testing.T) { onTwo(t, false, conformHTTPPublicNamespace) }

func conformHTTPPublicNamespace(g *target) {
	t := g.t
	p := g.connect()
	at := "dataId=a&group=" + g.group
	g.wantHTTP("POST", "/v1/cs/configs", at+"&content=x&tenant=public", 200, jsonUTF8, "true")
	g.settled(p)
	p.want("ConfigQueryRequest", keyBody("public", g.group, "a"), "ConfigQueryResponse", found("x", "text"))
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", notFound)
	g.wantHTTP("GET", "/v1/cs/configs?tenant=public&"+at, "", 404, jsonUTF8, "config data not exist\n")
	if _, _, body := g.curl("GET", "/v1/cs/configs?show=all&tenant=public&"+at, ""); !strings.Contains(body, `"tenant":"public"`) {
		t.Errorf("show=all gets %s", body)
	}
	g.wantHTTP("DELETE", "/v1/cs/configs?tenant=public&"+at, "", 200, jsonUTF8, "true")
	g.wantHTTP("POST", "/v2/cs/config", at+"&content=y&namespaceId=public", 200, jsonOnly, `{"code":0,"message":"success","data":true}`)
	g.settled(p)
	p.want("ConfigQueryRequest", keyBody("public", g.group, "a"), "ConfigQueryResponse", notFound)
	p.want("ConfigQueryRequest", keyBody("", g.group, "a"), "ConfigQueryResponse", found("y", "text"))
	g.wantHTTP("GET", "/v1/cs/configs?tenant=public&"+at, "", 200, textUTF8, "y")
	if _, _, body := g.curl("GET", "/v2/cs/history/list?namespaceId=public&"+at, ""); !strings.Contains(body, `"totalCount":1`) {
		t.Errorf("the v2 history gets %s", body)
	}
	g.wantHTTP("GET", "/v1/cs/history?search=accurate&pageNo=1&pageSize=1&tenant=public&dataId=none&group="+g.group, "", 200, jsonUTF8, `{"totalCount":0,"pageNumber":1,"pagesAvailable":0,"pageItems":[]}`)
	g.wantHTTP("DELETE", "/v2/cs/config?namespaceId=public&"+at, "", 200, jsonOnly, `{"code":0,"message":"success","data":true}`)
	g.served("a", 404)
}
