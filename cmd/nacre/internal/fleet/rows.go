package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// Row is how far one config of one instance has got with a content.
type Row struct {
	Instance string // its label, with those of job and config where that is not unique
	// Received reports whether the instance has the content, Applied whether it is live, Acted
	// whether the service has followed, and Refused whether the instance does not take it.
	Received, Applied, Acted, Refused bool
	// Status is applied, rejected, held, down, stale, behind, unused or unknown.
	Status  string
	Version int64
	Why     []string
	// Job and Target are its labels job and instance, which name a process. Struct is the digest of
	// its struct, and ID the one that its service gives it, of a config that reads the document.
	Job, Target, Struct, ID string
}

// rows returns one row for each config that reads the document, and one for each instance that
// has none or says nothing.
func (f *fleet) rows(published time.Time, oldest time.Duration) []Row {
	rows := map[member]Row{}
	reads := map[member]bool{} // instances with a config that reads the document
	for id, m := range f.members {
		rows[id] = m.row(published, oldest)
		if _, has := m.state["nacre_layer_up"]; has {
			reads[member{job: id.job, instance: id.instance}] = true
		}
	}
	maps.DeleteFunc(rows, func(id member, p Row) bool {
		return p.Status == "unused" && reads[member{job: id.job, instance: id.instance}]
	})
	shown := map[member]bool{}
	for id := range rows {
		shown[member{job: id.job, instance: id.instance}] = true
	}
	for id, up := range f.targets {
		switch {
		case up == 0: // what is left of an earlier scrape says nothing
			maps.DeleteFunc(rows, func(other member, _ Row) bool { return other.job == id.job && other.instance == id.instance })
			rows[id] = Row{Status: "unknown", Why: []string{"Prometheus cannot scrape it"}}
		case !shown[id]:
			rows[id] = Row{Status: "unknown", Why: []string{"has no metrics of a config; register them, or narrow --selector"}}
		}
	}
	return named(rows)
}

// named returns the rows in the order of their names. The job and the config are a part of a name
// if the instance alone is not unique.
func named(rows map[member]Row) []Row {
	jobs, configs := map[string]map[string]bool{}, map[string]int{}
	for id := range rows {
		if jobs[id.instance] == nil {
			jobs[id.instance] = map[string]bool{}
		}
		jobs[id.instance][id.job] = true
		configs[id.job+"\x00"+id.instance]++
	}
	all := make([]Row, 0, len(rows))
	for id, p := range rows {
		p.Job, p.Target = id.job, id.instance
		p.Instance = cmp.Or(id.instance, "without label instance")
		if len(jobs[id.instance]) > 1 {
			p.Instance += " job=" + id.job
		}
		if configs[id.job+"\x00"+id.instance] > 1 {
			p.Instance += " config=" + id.config
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Row) int { return strings.Compare(a.Instance, b.Instance) })
	return all
}
