package release

import (
	"cmp"
	"fmt"

	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/route"
)

// compareRoutes adds what a change of a routing document means: which rules differ.
func (p *Plan) compareRoutes(c *Change, d repository.Document, before []byte) {
	after, err := routing.Parse(d)
	if err != nil {
		return // reported with the other problems
	}
	var was *route.Table
	if len(before) > 0 {
		old := d
		old.Content = before
		if was, err = routing.Parse(old); err != nil {
			p.Notes = append(p.Notes, fmt.Sprintf("the routing document %s of the server has mistakes, so that instances keep the routes of an earlier one", c.Key))
		}
	}
	c.Routes = routing.Compare(was, after, p.Namespace)
}

// routed returns the documents that rules of the repository can select, each with a routing
// document that does.
func (t Target) routed(srv Server) map[Key]Key {
	all := map[Key]Key{}
	for _, d := range t.Documents {
		if !routing.Is(d) {
			continue
		}
		table, err := routing.Parse(d)
		if err != nil {
			continue // reported with the other problems
		}
		by := KeyOf(srv, d)
		for _, set := range routing.SetsOf(table, route.Instance{Namespace: srv.Namespace()}).All {
			for _, s := range set.Documents {
				if s.Namespace == "" || s.Namespace == srv.Namespace() {
					all[Key{Group: cmp.Or(s.Group, by.Group), DataID: s.DataID}] = by
				}
			}
		}
	}
	return all
}
