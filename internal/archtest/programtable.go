package archtest

// ambient are packages of the standard library with an effect on the whole process.
func ambient() []Ambient {
	programs := []string{"cmd/**", "examples/**", "ci/**"}
	return []Ambient{
		{Import: "testing/synctest", Save: []string{"internal/synctest"}, InTests: true, Why: "its bubbles crash the race detector now and then; import internal/synctest, which says why"},
		{Import: "testing/**", Save: []string{"source/sourcetest", "nacretest", "fleetonce/fleetoncetest", "internal/synctest", "providers/nacos/internal/realnacos"}, Why: "it puts test flags and a test's habits into a service; only the packages for tests are handed a *testing.T"},
		{Import: "flag", Save: append(programs, "internal/testrun", "internal/checkmain", "providers/flags"), Why: "it registers flags of the whole process; a library gets options from its caller"},
		{Import: "expvar", Why: "it registers a handler and variables of the whole process when it is imported"},
		{Import: "net/http/pprof", Why: "it registers handlers of the whole process when it is imported"},
		{Import: "os/exec", Save: append(programs, "internal/archtest", "internal/apicheck"), Why: "reading a configuration starts no programs"},
		{Import: "plugin", Why: "code is linked, not loaded"},
		{Import: "unsafe", Why: "nothing here is worth it"},
	}
}

// broughtBySDK are the modules that nacos-sdk-go alone brings into the module graph and that have
// had reports of vulnerabilities, are not maintained, or parse what comes from the network.
func broughtBySDK() []string {
	return []string{
		"github.com/buger/jsonparser", "github.com/jmespath/go-jmespath", "github.com/aliyun/**", "github.com/alibabacloud-go/**", "github.com/pkg/errors",
		"github.com/tjfoc/gmsm/**", "github.com/clbanning/mxj/**", "gopkg.in/ini.v1", "github.com/json-iterator/go", "github.com/deckarep/golang-set",
		"github.com/orcaman/concurrent-map", "gopkg.in/natefinch/lumberjack.v2", "go.uber.org/zap/**",
	}
}

// reach is what must not be compiled in, however long the way.
func reach() []Reach {
	heavy := []string{
		"providers/nacos/**", "github.com/nacos-group/**", anyGRPC, anyProto,
		"github.com/prometheus/**", "go.opentelemetry.io/**",
	}
	return []Reach{
		{
			From: []string{".", "source", "binder", "validate", "observe", "internal/engine"}, Never: heavy,
			Why: "a service that reads files must not compile a client of a server that it does not have",
		},
		{
			From: []string{"providers/memory", "providers/env", "providers/flags", "providers/file", "providers/koanf"}, Never: heavy,
			Why: "a program of files and environment compiles no gRPC, Nacos, Prometheus or OpenTelemetry",
		},
		{
			From:  []string{".", "source", "binder", "validate", "describe", "observe", "internal/engine", "providers/memory", "providers/env", "providers/flags", "providers/file"},
			Never: []string{anyKoanf, anyMapstructure, "github.com/mitchellh/**"},
			Why:   "only koanfview and providers/koanf compile koanf and what it brings, for services that use koanf",
		},
		{
			From:  []string{"providers/nacos"},
			Never: []string{anyGRPC, nacosSDK + "/**", "golang.org/x/net/**", "google.golang.org/genproto/**"},
			Why:   "the session calls by net/http: gRPC's own client makes a program 5 MB larger, docs/adr/0016",
		},
		{
			From: []string{"providers/nacos/nacostest"},
			Never: []string{
				nacosSDK + "/clients/**", nacosSDK + "/common/**", "go.uber.org/zap/**", "gopkg.in/natefinch/lumberjack.v2",
				"github.com/prometheus/**", "github.com/aliyun/**", "github.com/alibabacloud-go/**",
			},
			Why: "the server needs the SDK's stubs alone: its client brings a global logger, collectors registered at import and 31 cloud packages",
		},
		{
			From: []string{"providers/nacos/sdkconfig"},
			Never: []string{
				nacosSDK + "/clients/**", "go.uber.org/zap/**", "github.com/prometheus/**", "github.com/aliyun/**", "github.com/alibabacloud-go/**",
			},
			Why: "a service that takes over the SDK's settings is leaving its client",
		},
		{
			From:  []string{".", "source", "providers/memory", "providers/env", "providers/file", "providers/koanf", "providers/nacos", "providers/nacos/nacostest", "providers/nacos/sdkconfig"},
			Never: broughtBySDK(),
			Why:   "docs/dependencies.md says that only nacossdk and ram compile what nacos-sdk-go brings",
		},
		{
			From: []string{".", "internal/engine"}, Never: []string{"internal/testrun"},
			Why: "it registers nothing, but it reads the flags of a test: it is for tests alone",
		},
		{
			From: []string{"source/sourcetest"}, Never: []string{"internal/engine", "internal/binding", "providers/**", "."},
			Why: "the suite judges sources and must not depend on one",
		},
	}
}

// budgets keep the number of packages honest that a user pays for without asking.
func budgets() []Budget {
	return []Budget{{
		From: []string{".", "providers/file", "providers/env"}, Max: 35,
		Why: "a program of files and environment compiled 28 packages of other modules when this was written; a few more may come, a framework may not",
	}}
}

func goMod() GoMod {
	return GoMod{
		AtLeast: map[string]string{nacosSDK: "v2.3.5"},
		Never: map[string]string{
			"google.golang.org/genproto": "the module from before the split makes every user with grpc 1.67 or newer fail with 'ambiguous import'; require nacos-sdk-go v2.3.5 before the first tidy",
			"go.opentelemetry.io/otel":   "it would be a minimum version for every user; observe/otelobserve requires it, docs/adr/0059",
		},
		Why: "older releases bring the genproto module from before its split; 'go mod tidy' by itself picks one",
	}
}

// exceptionTable lets a place break a rule for a reason.
func exceptionTable() []Exception {
	const measured = "it paces the writer in real time, as the measurement that it repeats does; nothing waits by it"
	return []Exception{
		{Rule: "wording", Place: "internal/layer/decode.go", Why: "the error of tree.FromPlain names a path and a type of Go, and no value"},
		{Rule: "sleep", Place: "providers/file/burst_test.go", Why: measured},
		{Rule: "sleep", Place: "providers/file/deliver_test.go", Why: measured},
		{
			Rule: "sleep", Place: "providers/nacos/internal/fakenacos/conformance_http_test.go",
			Why: "a server that may be a real one tells of nothing over HTTP; it is asked until it knows, at a pace that does not slow it",
		},
	}
}
