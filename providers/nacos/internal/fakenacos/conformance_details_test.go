package fakenacos_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// detail is what a server answers about the config "m.yaml".
func (g *target) detail(content, key, app, user, rest string) string {
	if g.three {
		return fmt.Sprintf(`{"code":0,"message":"success","data":{"id":"N","namespaceId":"public","groupName":%q,"dataId":"m.yaml","md5":%q,"type":"yaml","appName":%q,`+
			`"createTime":1,"modifyTime":1,"content":%q,"encryptedDataKey":%q,"createUser":%s,"createIp":"127.0.0.1",%s}}`, g.group, digest(content), app, content, key, user, rest)
	}
	return fmt.Sprintf(`{"id":"N","dataId":"m.yaml","group":%q,"content":%q,"md5":%q,"encryptedDataKey":%q,"tenant":"","appName":%q,`+
		`"type":"yaml","createTime":1,"modifyTime":1,"createUser":%s,"createIp":"127.0.0.1",%s}`, g.group, content, digest(content), key, app, user, rest)
}

// A publish clears what it does not repeat, except the application and the tags. Those are cleared
// by an empty value.
func TestConformanceDetails(t *testing.T) { onEach(t, false, conformDetails) }

func conformDetails(g *target) {
	t := g.t
	p := g.connect()
	at := "dataId=m.yaml&group=" + g.group
	const path = "/v1/cs/configs"
	t.Cleanup(func() { g.curl("DELETE", path+"?"+at, "") })
	full := url.Values{
		"type": {"yaml"}, "appName": {"app1"}, "desc": {"D"}, "use": {"U"}, "effect": {"E"}, "schema": {`{"a":1}`}, "config_tags": {"t1,t2"},
		"src_user": {"kim"}, "encryptedDataKey": {"edk"},
	}.Encode()
	all := `"desc":"D",` + by(g, `"use":"U","effect":"E","schema":"{\"a\":1}",`, "") + `"configTags":"t1,t2"`
	tags := `"desc":null,` + by(g, `"use":null,"effect":null,"schema":null,`, "") + `"configTags":"t1,t2"`
	none := strings.Replace(tags, `"t1,t2"`, "null", 1)
	for _, step := range []struct {
		name, form, addition string // by HTTP or by gRPC
		want                 string
	}{
		{"everything over HTTP", at + "&content=a: 1&" + full, "", g.detail("a: 1", "edk", "app1", `"kim"`, all)},
		{"nothing over HTTP", at + "&content=a: 2&type=yaml", "", g.detail("a: 2", "", "app1", "null", tags)},
		{"everything over gRPC", "", `"type":"yaml","appName":"app2","desc":"D","use":"U","effect":"E","schema":"{\"a\":1}","config_tags":"t1,t2","src_user":"lee","encryptedDataKey":"k2"`, g.detail("a: 3", "k2", "app2", `"lee"`, all)},
		{"nothing over gRPC", "", `"type":"yaml"`, g.detail("a: 3", "", "app2", "null", tags)},
		{"empty values over gRPC", "", `"type":"yaml","appName":"","config_tags":""`, g.detail("a: 3", "", "", "null", none)},
		{"tags again", at + "&content=a: 4&type=yaml&config_tags=t1,t2&appName=x", "", g.detail("a: 4", "", "x", "null", tags)},
		{"empty values over HTTP", at + "&content=a: 5&type=yaml&config_tags=&appName=", "", g.detail("a: 5", "", "", "null", none)},
	} {
		if step.form != "" {
			g.wantHTTP("POST", path, step.form, 200, jsonUTF8, "true")
		} else {
			g.publish(p, "", "m.yaml", "a: 3", "{"+step.addition+"}")
		}
		_, _, got := g.curl("GET", by(g, path+"?show=all&dataId=m.yaml&group=", "/v3/admin/cs/config?dataId=m.yaml&groupName=")+g.group, "")
		if !same(normal(got), step.want) {
			t.Errorf("%s:\n gets %s\nwants %s", step.name, normal(got), step.want)
		}
	}
}

// A search takes _ and % for wildcards, on a Nacos 2 reports types only without a pattern, and
// lists a config once for each tag that matches. The whole group comes in the order of creation.
func TestConformanceSearch(t *testing.T) { onEach(t, false, conformSearch) }

func conformSearch(g *target) {
	t := g.t
	const path = "/v1/cs/configs"
	for _, id := range []string{"c.yaml", "a.yaml", "b.json"} {
		at := "dataId=" + id + "&group=" + g.group
		g.wantHTTP("POST", path, at+"&content=x&type=yaml&config_tags=t1,t2", 200, jsonUTF8, "true")
		t.Cleanup(func() { g.curl("DELETE", path+"?"+at, "") })
	}
	itemOf3 := func(id, md5, typ string) string {
		return fmt.Sprintf(`{"id":"N","namespaceId":"public","groupName":%q,"dataId":%q,"md5":%s,"type":%s,"appName":"","createTime":0,"modifyTime":0}`, g.group, id, md5, typ)
	}
	item := func(id, key, typ string) string {
		if g.three {
			return itemOf3(id, quote(digest("x")), `"yaml"`)
		}
		return fmt.Sprintf(`{"id":"N","dataId":%q,"group":%q,"content":"x","md5":null,"encryptedDataKey":%s,"tenant":"","appName":"","type":%s}`, id, g.group, key, typ)
	}
	list := func(total, number, available int, items ...string) string {
		out := ""
		for i, it := range items {
			if i > 0 {
				out += ","
			}
			out += it
		}
		page := fmt.Sprintf(`{"totalCount":%d,"pageNumber":%d,"pagesAvailable":%d,"pageItems":[%s]}`, total, number, available, out)
		return by(g, page, `{"code":0,"message":"success","data":`+page+`}`)
	}
	once := by(g, item("a.yaml", "null", "null"), itemOf3("a.yaml", "null", `"yaml"`))
	twice := []string{once, once}
	for _, c := range []struct{ query, want string }{
		{"search=accurate&dataId=&pageNo=1&pageSize=10", list(3, 1, 1, item("c.yaml", "null", `"yaml"`), item("a.yaml", "null", `"yaml"`), item("b.json", "null", `"yaml"`))},
		{"search=blur&dataId=&pageNo=1&pageSize=2", list(3, 1, 2, item("c.yaml", `""`, "null"), item("a.yaml", `""`, "null"))},
		{"search=blur&dataId=&pageNo=2&pageSize=2", list(3, 2, 2, item("b.json", `""`, "null"))},
		{"search=blur&dataId=&pageNo=3&pageSize=2", list(3, 3, 2)},
		{"search=blur&dataId=c*l&pageNo=1&pageSize=10", list(1, 1, 1, item("c.yaml", `""`, "null"))},
		{"search=blur&dataId=a_yaml&pageNo=1&pageSize=10", list(1, 1, 1, item("a.yaml", `""`, "null"))},
		{"search=blur&dataId=b%25&pageNo=1&pageSize=10", list(1, 1, 1, item("b.json", `""`, "null"))},
		{"search=blur&dataId=yaml&pageNo=1&pageSize=10", list(0, 1, 0)},
		{"search=blur&dataId=A*&pageNo=1&pageSize=10", list(0, 1, 0)},
		{"search=accurate&dataId=a.yaml&config_tags=t1&pageNo=1&pageSize=10", list(1, 1, 1, by(g, item("a.yaml", "null", "null"), itemOf3("a.yaml", "null", "null")))},
		{"search=blur&dataId=a*&config_tags=t1,t2&pageNo=1&pageSize=10", list(2, 1, 1, twice...)},
		{"search=blur&dataId=a*&config_tags=t&pageNo=1&pageSize=10", list(0, 1, 0)},
	} {
		query := by(g, c.query+"&group=", strings.Replace(c.query, "config_tags", "configTags", 1)+"&groupName=") + g.group
		g.wantHTTP("GET", by(g, path, "/v3/admin/cs/config/list")+"?"+query, "", 200, by(g, jsonUTF8, jsonOnly), c.want)
	}
}
