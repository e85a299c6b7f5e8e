package work

import (
	"fmt"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
)

// A layer's states are far from those of the others, so that it has values of its own.
const layerApart = 1_000_000

func one(d content.Doc) []document[content.Config] { return []document[content.Config]{d} }

// reload changes every value of the one document.
func reload() Group {
	return Group{
		Name: "reload", Title: "Every value of one YAML document changed", Sizes: []int{20, 200, 2000, 20000, 200000},
		jobs: func(n int) []bench.Job {
			return []bench.Job{configJob("reload", n, change[content.Config]{
				format: "yaml", at: func(state int) []document[content.Config] { return one(content.All(n, state)) },
			})}
		},
	}
}

// layers changes every value of the second of three layers: a file, a remote document with as many
// keys, and overrides with a tenth, in whole groups.
func layers() Group {
	return Group{
		Name: peer.Layers, Title: "Three layers (n keys under n keys under n/10 keys), every value of the second changed", Sizes: []int{2000},
		jobs: func(n int) []bench.Job {
			return []bench.Job{configJob(peer.Layers, n, change[content.Config]{
				format: "yaml", changed: 1,
				at: func(state int) []document[content.Config] {
					groups := max(1, n/10/content.UnitKeys/content.GroupUnits)
					top := content.Doc{From: content.GroupUnits, To: content.GroupUnits * (1 + groups), State: 2 * layerApart}
					return []document[content.Config]{content.All(n, layerApart), content.All(n, state), top}
				},
			})}
		},
	}
}

// key changes one key of one document.
func key() Group {
	return Group{
		Name: "key", Title: "One key changed, in the first, the middle or the last part of the document", Sizes: []int{20000},
		jobs: func(n int) (jobs []bench.Job) {
			units := n / content.UnitKeys
			for _, format := range []string{"yaml", "json", "properties"} {
				for _, at := range []struct {
					name string
					unit int
				}{{"first", 0}, {"middle", units / 2}, {"last", units - 1}} {
					jobs = append(jobs, configJob(fmt.Sprintf("key/%s/%s", format, at.name), n, change[content.Config]{
						format: format,
						at: func(state int) []document[content.Config] {
							return one(content.Doc{To: units, Weight: layerApart + state, WeightUnit: at.unit})
						},
					}))
				}
			}
			return jobs
		},
	}
}

// same delivers the bytes that are live as another revision.
func same() Group {
	return Group{
		Name: peer.Same, Title: "The same bytes as another revision", Sizes: []int{20000},
		jobs: func(n int) []bench.Job {
			j := configJob(peer.Same, n, change[content.Config]{
				format: "yaml", equal: true, at: func(int) []document[content.Config] { return one(content.All(n, 0)) },
			})
			j.Limit = peer.Checksum
			return []bench.Job{j}
		},
	}
}

// comment changes a comment in the middle of the document.
func comment() Group {
	return Group{
		Name: peer.Comment, Title: "Only a comment changed", Sizes: []int{20000},
		jobs: func(n int) []bench.Job {
			j := configJob(peer.Comment, n, change[content.Config]{
				format: "yaml", equal: true,
				at: func(state int) []document[content.Config] {
					return one(content.Doc{To: n / content.UnitKeys, Comment: fmt.Sprint("change ", state)})
				},
			})
			j.Limit = peer.Checksum
			return []bench.Job{j}
		},
	}
}

// documents changes every value of one of n documents.
func documents() Group {
	const units = content.GroupUnits // 100 keys
	return Group{
		Name: peer.Many, Title: "n documents of 100 keys, every value of the one in the middle changed", Sizes: []int{200},
		jobs: func(n int) []bench.Job {
			apart := change[content.Config]{
				format: "yaml", apart: true, changed: n / 2,
				at: func(state int) (all []document[content.Config]) {
					for i := range n {
						d := content.Doc{From: units * i, To: units * (i + 1)}
						if i == n/2 {
							d.State = state
						}
						all = append(all, d)
					}
					return all
				},
			}
			together := apart
			together.oneSource = true
			flat := change[content.Flat]{
				format: "yaml", apart: true, changed: n / 2,
				at: func(state int) (all []document[content.Flat]) {
					for i := range n {
						d := content.FlatDoc{From: 100 * i, To: 100 * (i + 1)}
						if i == n/2 {
							d.State = state
						}
						all = append(all, d)
					}
					return all
				},
			}
			return []bench.Job{
				configJob(peer.Many+"/layers", n, apart), configJob(peer.Many+"/source", n, together), flatJob(peer.Many+"/flat", n, flat),
			}
		},
	}
}
