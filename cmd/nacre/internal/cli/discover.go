package cli

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// expand replaces each address dns:HOST:PORT by one for each address that the host has.
func expand(ctx context.Context, addresses []string) ([]string, error) {
	if err := checkAddresses(addresses); err != nil {
		return nil, err
	}
	var all []string
	for _, address := range addresses {
		name, byName := strings.CutPrefix(address, "dns:")
		if !byName {
			all = append(all, address)
			continue
		}
		host, port, _ := net.SplitHostPort(name) // was checked
		found, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			return nil, exit.With(exit.Unreachable, fmt.Errorf("the host %s has no address", host), "check the name, and whether it can be resolved from here")
		}
		slices.Sort(found)
		for _, ip := range slices.Compact(found) {
			all = append(all, net.JoinHostPort(ip, port))
		}
	}
	return all, nil
}
