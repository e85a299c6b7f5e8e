package peers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// Instance is what an instance that reads a document says of itself. What it does not say is empty.
type Instance struct {
	Address string // where it was asked
	Service string
	Version string // of the service
	ID      string
	Host    string
	// Process is different for each process, also of those with the same ID.
	Process string
	// Struct is the digest of what its struct declares.
	Struct string
}

// The kinds of findings.
const (
	SharedID      = "shared_id"
	StructsDiffer = "structs_differ"
)

// Finding is something about several instances that an operator should know. It is in JSON as it
// is.
type Finding struct {
	Kind    string `json:"kind"` // shared_id or structs_differ
	Text    string `json:"text"`
	Service string `json:"service,omitempty"`
	ID      string `json:"id,omitempty"` // of a shared_id
	// Instances are the addresses of those that share the ID, or of those that bind another struct
	// than most instances.
	Instances []string `json:"instances"`
	Structs   []Group  `json:"structs,omitempty"` // of a structs_differ; that of most instances first
}

// Group are the instances that bind one struct.
type Group struct {
	Struct    string   `json:"struct"`
	Versions  []string `json:"versions,omitempty"` // of the service
	Instances []string `json:"instances"`          // addresses

	names []string
}

// Find returns what is to be known about instances, in the order of the services. Instances of
// different services are not compared.
func Find(instances []Instance) (all []Finding) {
	for _, processes := range groups(merge(instances), func(i Instance) string { return i.Service }) {
		for _, same := range groups(processes, func(i Instance) string { return i.ID }) {
			if same[0].ID != "" && len(same) > 1 {
				all = append(all, shared(same))
			}
		}
		known := slices.DeleteFunc(processes, func(i Instance) bool { return i.Struct == "" })
		if structs := groups(known, func(i Instance) string { return i.Struct }); len(structs) > 1 {
			all = append(all, differ(structs))
		}
	}
	return all
}

// merge returns one instance for each process, which may have been asked at several addresses. One
// with several configs binds all their structs. Processes that do not name themselves are left out.
func merge(instances []Instance) (processes []Instance) {
	for _, same := range groups(instances, func(i Instance) string { return i.Process }) {
		if same[0].Process == "" {
			continue
		}
		var structs []string
		for _, i := range same {
			structs = append(structs, i.Struct)
		}
		slices.Sort(structs)
		same[0].Struct = strings.Join(slices.Compact(structs), "+")
		processes = append(processes, same[0])
	}
	return processes
}

// groups returns the instances with the same key together, in the order of the keys.
func groups(instances []Instance, key func(Instance) string) (all [][]Instance) {
	sorted := slices.SortedStableFunc(slices.Values(instances), func(a, b Instance) int { return strings.Compare(key(a), key(b)) })
	for len(sorted) > 0 {
		end := slices.IndexFunc(sorted, func(i Instance) bool { return key(i) != key(sorted[0]) })
		if end < 0 {
			end = len(sorted)
		}
		all, sorted = append(all, sorted[:end:end]), sorted[end:]
	}
	return all
}

func shared(same []Instance) Finding {
	f := Finding{Kind: SharedID, Service: same[0].Service, ID: same[0].ID}
	byHost := true
	for _, i := range same {
		f.Instances = append(f.Instances, i.Address)
		byHost = byHost && i.ID == i.Host
	}
	fix := "give each an ID of its own, or none (nacos.Config.InstanceID, NACOS_INSTANCE_ID)"
	if byHost {
		fix = "it is the name of their host; give each an ID of its own (nacos.Config.InstanceID, NACOS_INSTANCE_ID)"
	}
	f.Text = fmt.Sprintf("%d instances%s share the ID %s: %s; %s", len(same), of(f.Service), f.ID, listed(f.Instances), fix)
	return f
}

func differ(structs [][]Instance) Finding {
	f := Finding{Kind: StructsDiffer, Service: structs[0][0].Service}
	total := 0
	for _, same := range structs {
		g := Group{Struct: same[0].Struct}
		for _, i := range same {
			total++
			g.Instances = append(g.Instances, i.Address)
			g.names = append(g.names, nameOf(i))
			if i.Version != "" && !slices.Contains(g.Versions, i.Version) {
				g.Versions = append(g.Versions, i.Version)
			}
		}
		slices.Sort(g.Versions)
		f.Structs = append(f.Structs, g)
	}
	slices.SortStableFunc(f.Structs, func(a, b Group) int { return cmp.Compare(len(b.Instances), len(a.Instances)) })
	var names, versions []string
	for _, g := range f.Structs[1:] {
		f.Instances, names, versions = append(f.Instances, g.Instances...), append(names, g.names...), append(versions, g.Versions...)
	}
	f.Text = fmt.Sprintf("%d of %d instances%s %s another struct: %s", len(names), total, of(f.Service), plural.Verb(len(names), "binds", "bind"), listed(names))
	if most := f.Structs[0].Versions; len(versions) > 0 && len(most) > 0 {
		slices.Sort(versions)
		f.Text += fmt.Sprintf("; they have the version %s, and the others %s", listed(slices.Compact(versions)), listed(most))
	}
	f.Text += "; this is normal while a deploy runs"
	return f
}

// nameOf is the address of an instance, and its ID.
func nameOf(i Instance) string {
	if i.ID == "" {
		return i.Address
	}
	return i.Address + " (" + i.ID + ")"
}

func of(service string) string {
	if service == "" {
		return ""
	}
	return " of " + service
}

// listed returns names as a list, which does not fill a terminal.
func listed(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
