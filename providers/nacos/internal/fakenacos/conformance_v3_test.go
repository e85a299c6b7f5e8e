package fakenacos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The HTTP API of Nacos 3. That of Nacos 2 is in the other files, with the answers of a Nacos 3.

const (
	configV3  = "/v3/admin/cs/config"
	clientV3  = "/v3/client/cs/config"
	historyV3 = "/v3/admin/cs/history"
	spaceV3   = "/v3/admin/core/namespace"
)

func success(data string) string { return `{"code":0,"message":"success","data":` + data + `}` }

// refusal is the answer with a code.
func refusal(code int, message, reason string) string {
	return fmt.Sprintf(`{"code":%d,"message":%q,"data":%s}`, code, message, quote(reason))
}

func invalid(reason string) string { return refusal(20002, "parameter validate error", reason) }

// A Nacos 3 answers on the paths of Nacos 2 with 410 and the path of its own, except on those for
// clients.
func TestConformanceGone(t *testing.T) { onThree(t, false, conformGone) }

func conformGone(g *target) {
	for _, c := range []struct{ method, path, part, to string }{
		{"GET", "/v1/cs/configs?show=all&dataId=a&group=b", "console", "cs/config"},
		{"GET", "/v1/cs/configs?search=blur&dataId=a&group=b", "console", "cs/config/list"},
		{"GET", "/v1/cs/configs?beta=true&dataId=a&group=b", "console", "cs/config/beta"},
		{"DELETE", "/v1/cs/configs?beta=true&dataId=a&group=b", "console", "cs/config/beta"},
		{"GET", "/v1/cs/configs/listener?dataId=a", "console", "cs/config/listener"},
		{"GET", "/v1/cs/history?search=accurate&dataId=a&group=b", "console", "cs/history/list"},
		{"GET", "/v1/cs/history?nid=1&dataId=a&group=b", "console", "cs/history"},
		{"GET", "/v1/console/health/liveness", "console", "health/liveness"},
		{"GET", "/v1/console/health/readiness", "console", "health/readiness"},
		{"GET", "/v1/console/server/state", "console", "server/state"},
		{"GET", "/v1/console/namespaces", "console", "core/namespace/list"},
		{"POST", "/v1/console/namespaces", "console", "core/namespace"},
		{"DELETE", "/v1/console/namespaces", "console", "core/namespace"},
		{"GET", "/v2/console/health/liveness", "console", "health/liveness"},
		{"GET", "/v2/console/health/readiness", "console", "health/readiness"},
		{"GET", "/v2/console/namespace/list", "console", "core/namespace/list"},
		{"GET", "/v2/cs/config", "admin", "cs/config"},
		{"POST", "/v2/cs/config", "admin", "cs/config"},
		{"DELETE", "/v2/cs/config", "admin", "cs/config"},
		{"GET", "/v2/cs/history?nid=1", "admin", "cs/history"},
		{"GET", "/v2/cs/history/list", "admin", "cs/history/list"},
	} {
		path, _, _ := strings.Cut(c.path, "?")
		media := jsonOnly
		if strings.HasPrefix(path, "/v1/cs/") {
			media = jsonUTF8
		}
		g.wantHTTP(c.method, c.path, "", 410, media, g.gone(c.method, path, c.part, c.to))
	}
	const health, core = "/v1/cs/health", "/v2/core/"
	g.wantHTTP("GET", health, "", 410, jsonUTF8, g.errorPage(410, "{\"code\":40000,\"message\":\"Current API will be deprecated, "+
		"If wanted continue to use, please set `nacos.core.api.compatibility.admin.enabled=true` in application.properties.\"}", health))
	for _, page := range []string{"cluster/node/self/health", "loader/current"} {
		g.wantHTTP("GET", core+page, "", 410, jsonOnly, strings.Replace(g.gone("GET", core+page, "admin", "core/"+page), "${", "{", 1))
	}
	for _, path := range []string{"/v1/nosuch", "/v3/admin/nosuch", "/v3/console/server/state", "/v3/console/core/namespace/list"} {
		g.wantHTTP("GET", path, "", 404, jsonOnly, g.errorPage(404, "No endpoint GET /nacos"+path+".", path))
	}
	g.wantHTTP("PUT", configV3, "dataId=a", 405, jsonOnly, g.errorPage(405, "Method 'PUT' is not supported.", configV3))
	g.wantHTTP("POST", clientV3, "dataId=a", 405, jsonOnly, g.errorPage(405, "Method 'POST' is not supported.", clientV3))
	g.wantHTTP("GET", "/v1/ns/operator/metrics", "", 200, jsonOnly, `{"status":"UP"}`)
}

func TestConformanceV3Config(t *testing.T) { onThree(t, false, conformV3Config) }

func conformV3Config(g *target) {
	at := "dataId=a&groupName=" + g.group
	unknown := refusal(20004, "resource not found", "Config not exist, please publish Config first.")
	absent := `{"code":20004,"message":"resource not found","data":null}`
	g.wantHTTP("GET", configV3+"?"+at, "", 404, jsonOnly, unknown)
	g.wantHTTP("GET", clientV3+"?"+at, "", 200, jsonOnly, absent) // with status 200
	g.wantHTTP("POST", configV3, at+"&content=a: 1&type=yaml&desc=D&configTags=t1,t2&appName=app&srcUser=kim&encryptedDataKey=k", 200, jsonOnly, success("true"))
	g.t.Cleanup(func() { g.curl("DELETE", configV3+"?"+at, "") })
	g.served("a", 200)
	whole := fmt.Sprintf(`{"id":"N","namespaceId":"public","groupName":%q,"dataId":"a","md5":%q,"type":"yaml","appName":"app","createTime":1,"modifyTime":1,`+
		`"content":"a: 1","desc":"D","encryptedDataKey":"k","createUser":"kim","createIp":"127.0.0.1","configTags":"t1,t2"}`, g.group, digest("a: 1"))
	read := fmt.Sprintf(`{"resultCode":200,"errorCode":0,"message":null,"requestId":null,"content":"a: 1","encryptedDataKey":"k","contentType":"yaml","md5":%q,"lastModified":1,"tag":null,"beta":false,"success":true}`, digest("a: 1"))
	for _, space := range []string{"", "&namespaceId=", "&namespaceId=public"} {
		g.wantHTTP("GET", configV3+"?"+at+space, "", 200, jsonOnly, success(whole))
		g.wantHTTP("GET", clientV3+"?"+at+space, "", 200, jsonOnly, success(read))
	}
	g.wantHTTP("GET", configV3+"?"+at+"&namespaceId=none", "", 404, jsonOnly, unknown)
	g.wantHTTP("GET", clientV3+"?"+at+"&namespaceId=none", "", 200, jsonOnly, absent)
	illegal := "Param 'dataId' is illegal, illegal characters should not appear in the param.\r\n"
	conflict := refusal(20005, "resource conflict", "Cas publish fail, server md5 may have changed.")
	for _, c := range []struct {
		method, path, query, form string
		code                      int
		body                      string
	}{
		{"GET", configV3, "dataId=a", "", 400, lacks("groupName")},
		{"GET", configV3, "", "", 400, lacks("groupName")},
		{"GET", configV3, "dataId=&groupName=G", "", 400, lacks("dataId")},
		{"GET", configV3, "dataId=a%20b&groupName=G", "", 400, illegal},
		{"GET", configV3, "dataId=a&groupName=" + strings.Repeat("g", 129), "", 400, "Param 'group' is illegal, the param length should not exceed 128.\r\n"},
		{"POST", configV3, "", at, 400, lacks("content")},
		{"POST", configV3, "", at + "&content=+", 400, lacks("content")},
		{"POST", configV3, "", "groupName=G&content=x", 400, lacks("dataId")},
		{"POST", configV3, "", "dataId=a&content=x", 400, lacks("groupName")},
		{"POST", configV3, "", at + "&content=x&tag=a+b", 400, invalid("invalid tag : a b")},
		{"POST", configV3, "", at + "&content=x&tag=longer-than-16-ch", 400, invalid("too long tag, over 16")},
		{"POST", configV3, "", at + "&content=x&configTags=a,b,c,d,e,f", 400, invalid("too much config_tags, over 5")},
		{"POST", configV3, "", at + "&content=x&desc=" + strings.Repeat("d", 129), 400, invalid("too long desc, over 128")},
		{"DELETE", configV3, "dataId=a", "", 400, lacks("groupName")},
		{"DELETE", configV3, "dataId=none&groupName=" + g.group, "", 200, success("true")},
		{"DELETE", configV3, at + "&tag=tag_none", "", 500, `{"code":30000,"message":"Cannot invoke \"com.alibaba.nacos.config.server.model.ConfigInfoGrayWrapper.getId()\" because \"oldConfigAllInfo4Gray\" is null","data":null}`},
		{"GET", configV3 + "/list", "pageNo=0", "", 400, invalid("Required parameter 'pageNo' should be positive integer, current is 0")},
		{"GET", configV3 + "/list", "pageSize=0", "", 400, invalid("Required parameter 'pageSize' should be positive integer, current is 0")},
		{"GET", configV3 + "/list", "dataId=a*", "", 400, illegal}, // unless search=blur is there
		{"GET", configV3 + "/listener", "dataId=a", "", 400, lacks("groupName")},
	} {
		media := jsonOnly
		if strings.HasPrefix(c.body, "Param ") {
			media = ""
		}
		g.wantHTTP(c.method, c.path+"?"+c.query, c.form, c.code, media, c.body)
	}
	g.wantHTTP("GET", clientV3+"?dataId=a", "", 400, textUTF8, "caused: Required parameter 'groupName' type String is not present;")
	g.wantHTTP("GET", clientV3+"?groupName=a", "", 400, textUTF8, "caused: Required parameter 'dataId' type String is not present;")
	g.wantHTTP("POST", configV3, at+"&content=cas", 500, jsonOnly, conflict, "casMd5: abc")
	g.wantHTTP("POST", configV3, at+"&content=cas", 200, jsonOnly, success("true"), "casMd5: "+digest("a: 1"))
	g.wantHTTP("DELETE", configV3+"?"+at, "", 200, jsonOnly, success("true"))
	g.served("a", 404)
}

// Gray versions over HTTP: a client that names a tag gets its content or none, and over the API of
// Nacos 3 none can.
func TestConformanceV3Gray(t *testing.T) { onThree(t, false, conformV3Gray) }

func conformV3Gray(g *target) {
	p := g.connect()
	at, old := "dataId=a&groupName="+g.group, "/v1/cs/configs?dataId=a&group="+g.group
	g.wantHTTP("GET", configV3+"/beta?"+at, "", 404, jsonOnly, refusal(20004, "resource not found", "Config is not in beta."))
	g.wantHTTP("DELETE", configV3+"/beta?"+at, "", 200, jsonOnly, `{"code":30000,"message":"remove beta data error","data":false}`)
	g.publish(p, "", "a", "formal", `{"type":"json"}`)
	g.wantHTTP("POST", configV3, at+"&content=tagged&tag=gray", 200, jsonOnly, success("true"))
	g.settled(p)
	read := func(why, path, content, header, value string, headers ...string) {
		g.t.Helper()
		code, head, body := g.curl("GET", path, "", headers...)
		if code != 200 || body != content || head.Get(header) != value || head.Get("Content-Type") != textUTF8 || head.Get("Config-Type") != "json" || head.Get("Content-MD5") != digest(content) {
			g.t.Errorf("%s: a read gets %d %q with %v", why, code, body, head)
		}
		_, has := head["Encrypted-Data-Key"]
		if has != (content == "formal") {
			g.t.Errorf("%s: only the formal version has a key: %v", why, head)
		}
	}
	read("no tag", old, "formal", "Tag", "")
	read("a tag", old+"&tag=gray", "tagged", "Tag", "gray")
	read("a header", old, "tagged", "Tag", "gray", "Vipserver-Tag: gray")
	read("a header for none", old, "formal", "Tag", "", "Vipserver-Tag: none")
	g.wantHTTP("GET", old+"&tag=none", "", 404, jsonUTF8, "config data not exist\n")
	client := func(content string, beta bool) string {
		key := `""`
		if beta {
			key = "null"
		}
		return success(fmt.Sprintf(`{"resultCode":200,"errorCode":0,"message":null,"requestId":null,"content":%q,"encryptedDataKey":%s,"contentType":"json","md5":%q,"lastModified":1,"tag":null,"beta":%v,"success":true}`, content, key, digest(content), beta))
	}
	g.wantHTTP("GET", clientV3+"?"+at+"&tag=gray", "", 200, jsonOnly, client("formal", false), "Vipserver-Tag: gray")

	g.wantHTTP("POST", configV3, at+"&content=beta", 200, jsonOnly, success("true"), "betaIps: 127.0.0.1,10.0.0.1")
	g.settled(p)
	g.wantHTTP("GET", configV3+"/beta?"+at, "", 200, jsonOnly, success(fmt.Sprintf(`{"id":"N","namespaceId":"public","groupName":%q,"dataId":"a","md5":%q,"type":null,"appName":"","createTime":0,"modifyTime":1,"content":"beta",`+
		`"desc":null,"encryptedDataKey":null,"createUser":null,"createIp":null,"configTags":null,"grayName":"beta","grayRule":"{\"type\":\"beta\",\"version\":\"1.0.0\",\"expr\":\"127.0.0.1,10.0.0.1\",\"priority\":2147483647}"}`, g.group, digest("beta"))))
	read("an address", old+"&tag=gray", "beta", "isBeta", "true")
	g.wantHTTP("GET", clientV3+"?"+at, "", 200, jsonOnly, client("beta", true))
	g.wantHTTP("DELETE", configV3+"/beta?"+at, "", 200, jsonOnly, success("true"))
	const path = "/v1/cs/configs"
	g.wantHTTP("DELETE", old+"&tag=gray", "", 500, jsonUTF8, g.errorPage(500, "Handle API Compatibility failed, please see log for detail.", path))
	g.wantHTTP("DELETE", configV3+"?"+at+"&tag=tag_gray", "", 200, jsonOnly, success("true"))
	g.settled(p)
	read("removed", old, "formal", "isBeta", "")
	g.wantHTTP("GET", old+"&tag=gray", "", 404, jsonUTF8, "config data not exist\n")
}

func TestConformanceV3History(t *testing.T) { onThree(t, false, conformV3History) }

func conformV3History(g *target) {
	p := g.connect()
	at := "dataId=a&groupName=" + g.group
	entry := func(op, user, kind string) string {
		return fmt.Sprintf(`{"id":"N","namespaceId":"public","groupName":%q,"dataId":"a","md5":null,"type":null,"appName":"","createTime":1,"modifyTime":1,"srcIp":"127.0.0.1","srcUser":%s,"opType":"%-10s","publishType":%q}`, g.group, user, op, kind)
	}
	page := func(total, number, available int, entries ...string) string {
		return success(fmt.Sprintf(`{"totalCount":%d,"pageNumber":%d,"pagesAvailable":%d,"pageItems":[%s]}`, total, number, available, strings.Join(entries, ",")))
	}
	g.publish(p, "", "a", "1", `{"src_user":"me","encryptedDataKey":"k","desc":"D","use":"U"}`)
	g.publish(p, "", "a", "2", `{"type":"yaml","desc":"D","config_tags":"t"}`)
	g.publish(p, "", "a", "3", `{"tag":"gray","src_user":"you","encryptedDataKey":"k"}`)
	g.publish(p, "", "a", "4", `{"tag":"gray"}`)
	for _, tag := range []string{"tag_gray", "", ""} { // the last one has no entry
		p.want("ConfigRemoveRequest", tagBody(g.group, "a", tag), "ConfigRemoveResponse", done200)
	}
	all := []string{
		entry("D", "null", "formal"), entry("D", "null", "gray"), entry("U", "null", "gray"), entry("I", `"you"`, "gray"), entry("U", "null", "formal"), entry("I", `"me"`, "formal"),
	}
	g.wantHTTP("GET", historyV3+"/list?"+at, "", 200, jsonOnly, page(6, 1, 1, all...))
	g.wantHTTP("GET", historyV3+"/list?"+at+"&pageNo=2&pageSize=4&namespaceId=public", "", 200, jsonOnly, page(6, 2, 2, all[4:]...))
	g.wantHTTP("GET", historyV3+"/list?dataId=none&groupName="+g.group, "", 200, jsonOnly, page(0, 1, 0))
	g.wantHTTP("GET", historyV3+"/list?"+at+"&pageNo=0", "", 400, jsonOnly, invalid("Required parameter 'pageNo' should be positive integer, current is 0"))
	g.wantHTTP("GET", historyV3+"/list?dataId=a", "", 400, jsonOnly, lacks("groupName"))

	_, _, body := g.curl("GET", historyV3+"/list?"+at, "")
	var list struct {
		Data struct{ PageItems []struct{ ID string } }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Data.PageItems) != len(all) {
		g.t.Fatalf("history: %v", err)
	}
	rule := `\"gray_rule\":\"{\\\"type\\\":\\\"tag\\\",\\\"expr\\\":\\\"gray\\\",\\\"version\\\":\\\"1.0.0\\\",\\\"priority\\\":\\\"2147483646\\\"}\"}`
	you := `{\"gray_name\":\"tag_gray\",\"src_user\":\"you\",` + rule
	for n, more := range []struct{ content, key, gray, info string }{ // a delete and an update tell what went, an insert what came
		{"2", "", "", `{\"type\":\"yaml\",\"config_tags\":\"t\",\"c_desc\":\"D\"}`},
		{"4", "", "tag_gray", `{\"gray_name\":\"tag_gray\",` + rule},
		{"3", "", "tag_gray", you},
		{"3", "k", "tag_gray", you},
		{"1", "k", "", `{\"type\":\"text\",\"src_user\":\"me\",\"c_desc\":\"D\",\"c_use\":\"U\"}`},
		{"1", "k", "", `{\"src_user\":\"me\",\"c_use\":\"U\",\"type\":\"text\",\"c_desc\":\"D\"}`},
	} {
		whole := strings.Replace(strings.TrimSuffix(all[n], "}"), `"md5":null`, fmt.Sprintf(`"md5":%q`, digest(more.content)), 1)
		g.wantHTTP("GET", historyV3+"?nid="+list.Data.PageItems[n].ID+"&"+at, "", 200, jsonOnly, success(whole+
			fmt.Sprintf(`,"content":%q,"encryptedDataKey":%q,"grayName":%q,"extInfo":"%s"}`, more.content, more.key, more.gray, more.info)))
	}
	nid := "&nid=" + list.Data.PageItems[0].ID
	g.wantHTTP("GET", historyV3+"?"+at+"&nid=99999999999", "", 400, jsonOnly, invalid("Source must not be null"))
	g.wantHTTP("GET", historyV3+"?dataId=other&groupName="+g.group+nid, "", 403, jsonOnly, refusal(10001, "access denied", "Please check dataId, group or namespaceId."))
	g.wantHTTP("GET", historyV3+"?"+at+"&namespaceId=none"+nid, "", 403, jsonOnly, refusal(10001, "access denied", "Please check dataId, group or namespaceId."))
	g.wantHTTP("GET", historyV3+"?"+at, "", 400, jsonOnly, refusal(10000, "parameter missing", "Required request parameter 'nid' for method parameter type Long is not present"))
	g.wantHTTP("GET", historyV3+"?dataId=a"+nid, "", 400, jsonOnly, lacks("groupName"))
	g.wantHTTP("GET", historyV3+"?"+at+"&nid=x", "", 500, jsonOnly,
		`{"code":30000,"message":"Method parameter 'nid': Failed to convert value of type 'java.lang.String' to required type 'java.lang.Long'; For input string: \"x\"","data":null}`)
}

func TestConformanceV3Core(t *testing.T) { onThree(t, false, conformV3Core) }

func conformV3Core(g *target) {
	g.wantHTTP("GET", "/v3/admin/core/state/readiness", "", 200, jsonOnly, success(`"ok"`))
	g.wantHTTP("GET", "/v3/admin/core/state/liveness", "", 200, jsonOnly, success(`"ok"`))
	_, _, body := g.curl("GET", "/v3/admin/core/state", "")
	var state struct{ Data map[string]any }
	if err := json.Unmarshal([]byte(body), &state); err != nil || len(state.Data) != 24 {
		g.t.Errorf("server state: %d values, %v", len(state.Data), err)
	}
	for name, want := range map[string]any{
		"version": "3.0.3", "startup_mode": "standalone", "auth_enabled": "false", "maxContent": "10485760", "function_mode": nil, "config_retention_days": "30",
		"auth_system_type": "nacos", "login_page_enabled": "false", "auth_admin_request": "false",
	} {
		if state.Data[name] != want {
			g.t.Errorf("server state: %s is %v", name, state.Data[name])
		}
	}

	id := g.group
	space := fmt.Sprintf(`{"namespace":%q,"namespaceShowName":"n","namespaceDesc":"d","quota":200,"configCount":0,"type":1}`, id)
	g.wantHTTP("GET", spaceV3+"?namespaceId="+id, "", 404, jsonOnly, refusal(22001, "namespace not exist", "namespaceId [ "+id+" ] not exist"))
	g.wantHTTP("POST", spaceV3, "namespaceId="+id+"&namespaceName=n&namespaceDesc=d", 200, jsonOnly, success("true"))
	g.t.Cleanup(func() { g.curl("DELETE", spaceV3+"?namespaceId="+id, "") })
	g.wantHTTP("GET", spaceV3+"?namespaceId="+id, "", 200, jsonOnly, success(space))
	if _, _, body := g.curl("GET", spaceV3+"/list", ""); !strings.Contains(body, space) || !strings.Contains(body, `{"namespace":"public","namespaceShowName":"public","namespaceDesc":"Default Namespace","quota":200,`) {
		g.t.Errorf("namespaces are %s", body)
	}
	for form, want := range map[string]string{
		"namespaceId=" + id + "&namespaceName=n": refusal(22002, "namespace already exist", "namespaceId ["+id+"] already exist."),
		"namespaceId=x":                          refusal(10000, "parameter missing", "required parameter 'namespaceName' is missing"),
		"namespaceId=a+b&namespaceName=n":        refusal(22000, "illegal namespace", "namespaceId [a b] mismatch the pattern"),
		"namespaceId=x&namespaceName=a%23b":      refusal(22000, "illegal namespace", "namespaceName [a#b] contains illegal char"),
	} {
		g.wantHTTP("POST", spaceV3, form, http.StatusBadRequest, jsonOnly, want)
	}
	for range 2 {
		g.wantHTTP("DELETE", spaceV3+"?namespaceId="+id, "", 200, jsonOnly, success("true"))
	}
	g.wantHTTP("DELETE", spaceV3, "", 400, jsonOnly, refusal(10000, "parameter missing", "Required request parameter 'namespaceId' for method parameter type String is not present"))
	if _, _, body := g.curl("GET", spaceV3+"/list", ""); strings.Contains(body, id) {
		g.t.Errorf("a namespace that was deleted is listed: %s", body)
	}
}
