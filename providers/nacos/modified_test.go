package nacos_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// A time that JSON has no form for would keep the last known good copy from being saved, and make
// all honest contents older ones.
func TestTimesThatNoCalendarHasAreNone(t *testing.T) {
	t.Parallel()
	for _, ms := range []int64{math.MaxInt64, 253402300800000, math.MinInt64, -1, 0} {
		bubble(t, nacos.Config{}, func(f *cluster) {
			f.docs[group+"/x.yaml"], f.times[group+"/x.yaml"] = "v: 1", ms
		}, func(t *testing.T, _ *cluster, c *nacos.Client, _ *events) {
			d, err := follow(t, c.Config("x.yaml")).next()
			if err != nil || string(d.Data) != "v: 1" || !d.Modified.IsZero() {
				t.Errorf("a content with the time %d came as %q, modified at %v, %v", ms, d.Data, d.Modified, err)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Errorf("a content with the time %d cannot be written: %v", ms, err)
			}
		})
	}
}
