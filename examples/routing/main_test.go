package main

import (
	"bytes"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStory(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != story {
		t.Errorf("the output is not what it should be:\n%s", got)
	}
}

const story = `at first
    orders-0 v2.2.7: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-1 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-3 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
10 % of v2.3
    orders-0 v2.2.7: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-1 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-3 v2.3.0: cache = "1GiB"   big-cache.yaml:1:8 (orders.routes.yaml), routed by rule 1 (big-cache): version v2.3.*, 10 %
all of v2.3
    orders-0 v2.2.7: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-1 v2.3.0: cache = "1GiB"   big-cache.yaml:1:8 (orders.routes.yaml), routed by rule 1 (big-cache): version v2.3.*, 100 %
    orders-3 v2.3.0: cache = "1GiB"   big-cache.yaml:1:8 (orders.routes.yaml), routed by rule 1 (big-cache): version v2.3.*, 100 %
back to 10 %: the same instance as before
    orders-0 v2.2.7: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-1 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-3 v2.3.0: cache = "1GiB"   big-cache.yaml:1:8 (orders.routes.yaml), routed by rule 1 (big-cache): version v2.3.*, 10 %
rolled back
    orders-0 v2.2.7: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-1 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
    orders-3 v2.3.0: cache = "64MiB"   orders.yaml:1:8 (orders.routes.yaml), routed by rule 2: every instance
a mistake
    route public/DEFAULT_GROUP/orders.routes.yaml: malformed: orders.routes.yaml:3:22 rules[0].match.version: must be numbers with dots between them, of which each may be *, such as "v2.3.*" (correct the routing document; the previous route stays in use)
    cache is still 64MiB
`
