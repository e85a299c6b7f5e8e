package archtest

// Stores returns the rules of the modules in fleetonce, which are stores with a library of their
// own and are released with this module.
func Stores() *Rules {
	const (
		nacre = "github.com/nacre-go/nacre"
		why   = "a store is written as a user would write it: its version and that of nacre may differ in a program, and internal packages promise nothing"
	)
	house := House()
	may := []string{nacre + "/source", nacre + "/fleetonce", "go.etcd.io/etcd/client/v3/**", "google.golang.org/grpc/codes", "google.golang.org/grpc/status", "k8s.io/**"}
	tests := []string{".", nacre, nacre + "/fleetonce/fleetoncetest", nacre + "/providers/memory", "go.uber.org/goleak"}
	return &Rules{
		Rows:    []Row{{Package: ".", May: may, Tests: tests, Why: why}},
		Ambient: house.Ambient, Limits: house.Limits,
	}
}
