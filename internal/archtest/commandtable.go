package archtest

// Commands returns the rules of the modules in cmd, which are released with this one. Only
// internal/cli knows the library for command lines, so that the other packages can be tested
// without it.
func Commands() *Rules {
	const (
		nacre = "github.com/nacre-go/nacre"
		why   = "a command is written as a user would write it: it may be built against another version of nacre, so it imports what is public, and only internal/cli knows cobra"
	)
	house := House()
	public := []string{
		nacre, nacre + "/source", nacre + "/manifest", nacre + "/route", nacre + "/describe", nacre + "/observe", nacre + "/binder", nacre + "/validate",
		nacre + "/confighttp", nacre + "/fleetonce", nacre + "/providers/*", nacre + "/providers/nacos/nacosonce",
	}
	own := append([]string{"internal/**", "go.yaml.in/yaml/v3", "github.com/aymanbagabas/go-udiff", nacre + "/providers/nacos/nacostest"}, public...)
	tests := []string{nacre + "/providers/nacos/nacostest", "github.com/rogpeppe/go-internal/**", "go.uber.org/goleak", "."}
	ambient := make([]Ambient, len(house.Ambient))
	for i, a := range house.Ambient {
		if a.Import == "os/exec" {
			a.Save, a.Why = []string{"internal/contexts", "internal/check"}, "a command starts only programs that its user has named: a helper with credentials, a validator, the Go toolchain"
		}
		ambient[i] = a
	}
	return &Rules{
		Rows: []Row{
			{Package: ".", May: []string{"internal/cli"}, Tests: append(append([]string{"internal/prometheus/prometheustest"}, tests...), public...), Why: why},
			{Package: "internal/cli", May: append([]string{"github.com/spf13/cobra/**", "github.com/spf13/pflag"}, own...), Tests: tests, Why: why},
			{Package: "internal/terminal", May: []string{"golang.org/x/term"}, Tests: tests, Why: why},
			{Package: "internal/release", May: append([]string{"github.com/gofrs/flock"}, own...), Tests: tests, Why: why},
			{Package: "internal/check", May: append([]string{"github.com/santhosh-tekuri/jsonschema/**"}, own...), Tests: tests, Why: why},
			{Package: "internal/**", May: own, Tests: tests, Why: why},
		},
		Ambient: ambient, Limits: house.Limits,
		Exceptions: []Exception{{Rule: "side effects", Place: "main.go", Why: "a program has the time zones in it, since not every machine has them"}},
	}
}
