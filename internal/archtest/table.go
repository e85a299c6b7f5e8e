package archtest

// Modules of others that are in more than one row.
const (
	anyKoanf = "github.com/knadh/koanf/**"
	nacosSDK = "github.com/nacos-group/nacos-sdk-go/v2"
	anyGRPC  = "google.golang.org/grpc/**"
	anyProto = "google.golang.org/protobuf/**"
	anyHTTP2 = "golang.org/x/net/http2/**"

	anyMapstructure = "github.com/go-viper/mapstructure/**"
	// protowire encodes fields, without generated code.
	protowire = "google.golang.org/protobuf/encoding/protowire"
)

// Reasons that are in more than one row.
const (
	whyProvider = "a provider knows the contract and its own library, so that it can move to a module of its own, and so that the next one is written the same way"
	whyStep     = "the steps do not know their neighbours; they meet in the engine's apply, and each is tested alone"
	whyFacade   = "it is what a user brings and calls; the step itself is internal, so that no internal type is in a public signature"
	whyGeneric  = "it is one generic mechanism, independent of what it carries"
)

// House returns the rules of this module.
func House() *Rules {
	return &Rules{
		Rows:       rows(),
		TestsMay:   []string{"source", "source/sourcetest", "internal/testrun", "internal/synctest", "go.uber.org/goleak/**"},
		Ambient:    ambient(),
		Reach:      reach(),
		Budgets:    budgets(),
		Exceptions: exceptionTable(),
		GoMod:      goMod(),
		Limits: Limits{
			CodeLines: 400, TestLines: 800,
			NeverNames: []string{"util", "utils", "common", "types", "helper", "helpers", "misc", "base", "shared", "lib"},
		},
	}
}

// Adapters returns the rules of the modules in observe, which are released with this one: those of
// this module that do not depend on its packages, and one row for all packages of such a module.
func Adapters() *Rules {
	const why = "an adapter is written as a user would write it: its version and that of nacre may differ in a program, and internal packages promise nothing"
	house := House()
	may := []string{
		".", "internal/**", "promnacos", "github.com/nacre-go/nacre", "github.com/nacre-go/nacre/source", "github.com/nacre-go/nacre/observe", "github.com/nacre-go/nacre/providers/nacos",
		"github.com/prometheus/**", "go.opentelemetry.io/**",
	}
	tests := []string{
		"github.com/nacre-go/nacre/providers/*", "github.com/nacre-go/nacre/providers/nacos/nacostest", "github.com/nacre-go/nacre/manifest",
		"go.uber.org/goleak",
	}
	return &Rules{
		Rows:    []Row{{Package: ".", May: may, Tests: tests, Why: why}, {Package: "**", May: may, Tests: tests, Why: why}},
		Ambient: house.Ambient, Limits: house.Limits,
	}
}

// rows is the table of imports, upwards: a package imports what is above it and nothing below. The
// standard library is open to all.
func rows() []Row {
	all := []Row{
		{
			Package: "source", Does: "the contract between a place that holds configuration and the engine; the kinds of errors",
			Why: "the contract is what everyone depends on; it depends on the standard library alone",
		},
		{
			Package: "source/sourcetest", Does: "the conformance suite that every source passes",
			May: []string{"source", "internal/synctest"},
			Why: "an author of a source runs this suite, and must get nothing else with it",
		},

		{
			Package: "providers/file", Does: "files and folders as a source",
			May: []string{"source", "internal/profile", "github.com/fsnotify/fsnotify/**", "golang.org/x/sys/unix"},
			Why: whyProvider,
		},
		{
			Package: "providers/koanf", Does: "a provider of koanf as a source",
			May: []string{"source", "internal/plaintree", anyKoanf}, Why: whyProvider,
		},
		{
			Package: "providers/memory", Does: "a document that a program sets, as a source",
			May: []string{"source", "internal/plaintree"}, Why: whyProvider,
		},
		{
			Package: "providers/env", Does: "the variables of the environment as a source",
			May: []string{"source", "internal/environ"},
			Why: "a provider knows the contract, and only this one writes the format of variables, which the engine reads",
		},
		{
			Package: "providers/flags", Does: "the flags of a command line, defined from a struct, as a source",
			May: []string{"source", "internal/binding", "internal/environ", "internal/tree", "internal/wording"}, Tests: []string{".", "providers/memory"},
			Why: "it defines flags from the keys of a struct, and writes them in the format of variables",
		},
	}
	all = append(all, nacosRows()...)
	return append(all, []Row{
		{
			Package: "providers/*", Does: "other sources",
			May: []string{"source"}, Why: whyProvider,
		},

		{
			Package: "binder", Does: "what a user brings to binding: decode hooks, parsers, sizes; binds a map without a config",
			May: []string{"internal/binding"}, Why: whyFacade,
		},
		{
			Package: "validate", Does: "what a user brings to validation: tags, aliases, errors about keys; checks a struct without a config",
			May: []string{"internal/validation"}, Why: whyFacade,
		},
		{
			Package: "manifest", Does: "a list of documents that belong to one release, with a signature",
			May: []string{"source", "internal/releaseline"}, Tests: []string{"go.yaml.in/yaml/v3"},
			Why: "a publisher makes one without an engine; it knows documents as bytes",
		},
		{
			Package: "route", Does: "which documents an instance has, by rules",
			May: []string{"source", "internal/layer", "internal/tree"},
			Why: "it computes and does no I/O; it reads its document as the engine reads a layer, so that both report mistakes in the same way",
		},
		{
			Package: "describe", Does: "a struct as a Markdown table and a JSON Schema",
			May:   []string{"binder", "internal/binding", "internal/tree", "internal/wording", "github.com/google/jsonschema-go/jsonschema"},
			Tests: []string{"validate"},
			Why:   "it is for tools that write docs and schemas; a service need not compile it",
		},
		{
			Package: "confighttp", Does: "a page, JSON, probes and actions of operators over HTTP",
			May: []string{".", "source", "observe", "internal/explain"}, Tests: []string{"providers/memory", "fleetonce", "golang.org/x/net/html"},
			Why: "it shows what every observer receives; a service that serves no page compiles no templates",
		},
		{
			Package: "koanfview", Does: "a config as a koanf instance",
			May:   []string{".", "github.com/knadh/koanf/v2", "github.com/knadh/koanf/providers/confmap"},
			Tests: []string{"providers/memory"},
			Why:   "it is for services that have code for koanf; the others compile none of it",
		},
		{
			Package: "observe", Does: "events; the data of Health, History and Explain",
			May: []string{"source", "internal/explain"}, Why: "events go to any observer; the code that sends them does not know which",
		},
		{
			Package: "observe/*", Does: "adapters from events to one library, such as log lines of slog",
			May: []string{"source", "observe"},
			Why: "an adapter turns events into one library's terms, and that library is all it adds",
		},

		{
			Package: "internal/explain", Does: "the lines that explain a key, for the text of an Explanation and for the page",
			May: []string{"source"}, Why: "observe and confighttp both show explanations, and it knows neither",
		},
		{
			Package: "internal/tree", Does: "a configuration as an immutable tree with the place of each key; the shape of a struct",
			May: []string{"source"}, Why: "it is the vocabulary between the steps, so it knows none of them",
		},
		{
			Package: "internal/environ", Does: "the format of a document of variables",
			May: []string{"source"}, Why: "its writer and its reader share a format, and nothing else",
		},
		{
			Package: "internal/checkmain", Does: "the program that checks documents, behind `CheckMain`",
			May: []string{"source"},
			Why: "the protocol with the command `nacre` is in one place; what a check is comes from the root",
		},
		{
			Package: "internal/profile", Does: "the names of the documents of profiles",
			Why: "files and Nacos name the documents of profiles in the same way, and share nothing else",
		},
		{
			Package: "internal/program", Does: "which program this process runs, and where",
			Why: "a session and the engine call an instance the same if the service does not name it",
		},
		{
			Package: "internal/releaseline", Does: "the line of a document that names its release and the trace of its publication",
			May: []string{"source"}, Tests: []string{"internal/layer", "internal/tree"},
			Why: "who publishes and the engine share a line, and nothing else",
		},
		{
			Package: "internal/plaintree", Does: "copies what a library decoded into the tree of a document",
			May: []string{"source"}, Why: "it knows the values of Go that a document may have, and no step",
		},
		{
			Package: "internal/wording", Does: "which parts of a message are from nacre, so that only foreign text is redacted",
			May: []string{"source"}, Why: "every step that makes a message marks its parts, and this package knows none of the steps",
		},
		{
			Package: "internal/layer", Does: "decodes and merges contents, and keeps where each key comes from",
			May:   []string{"source", "internal/environ", "internal/tree", "internal/wording", "go.yaml.in/yaml/v3", "github.com/pelletier/go-toml/v2/**"},
			Tests: []string{anyKoanf}, Why: whyStep,
		},
		{
			Package: "internal/binding", Does: "a tree to a struct, with all problems at once",
			May:   []string{"source", "internal/tree", "internal/wording"},
			Tests: []string{"binder", anyMapstructure, "github.com/mitchellh/mapstructure", "internal/treetest"}, Why: whyStep,
		},
		{
			Package: "internal/validation", Does: "checks a struct and reports its problems",
			May:   []string{"source", "internal/tree", "internal/wording", "github.com/go-playground/validator/v10/**"},
			Tests: []string{"validate", "internal/binding", "internal/treetest"}, Why: whyStep,
		},
		{
			Package: "internal/given", Does: "a document that is made from Go values",
			May: []string{"source", "internal/tree"}, Why: "it makes a tree, and knows none of the steps that use it",
		},
		{
			Package: "internal/verify", Does: "checksums of contents, trees and values",
			May: []string{"source", "internal/tree"}, Why: whyStep,
		},
		{
			Package: "internal/guard", Does: "finds changes that a person should look at",
			May: []string{"source", "internal/tree"}, Why: whyStep,
		},
		{
			Package: "internal/swap", Does: "the live version, behind one atomic pointer",
			Why: whyGeneric,
		},
		{
			Package: "internal/subset", Does: "searches for the largest good part of a rejected change",
			Why: whyGeneric,
		},
		{
			Package: "internal/redact", Does: "removes secrets from texts that are not nacre's own",
			May: []string{"source", "observe", "internal/rescue", "internal/wording"}, Why: whyGeneric,
		},
		{
			Package: "internal/claim", Does: "makes sure that a source belongs to one config of the process",
			May: []string{"source"}, Why: whyGeneric,
		},
		{
			Package: "internal/layername", Does: "gives each layer of a config a name that no other layer has",
			May: []string{"source", "internal/wording"}, Why: whyGeneric,
		},
		{
			Package: "internal/problem", Does: "collects and selects problems of contents",
			May: []string{"source"}, Why: whyGeneric,
		},
		{
			Package: "internal/schema", Does: "the types to which a configuration is bound, and what follows from all of them",
			May: []string{"source", "observe", "internal/guard", "internal/layer", "internal/problem", "internal/tree", "internal/wording"},
			Why: "it knows no contents and no versions",
		},
		{
			Package: "internal/pipeline", Does: "turns contents into versions, without making them live: decode, merge, guard, bind, validate",
			May: []string{"source", "observe", "manifest", "internal/guard", "internal/layer", "internal/problem", "internal/redact", "internal/releaseline", "internal/rescue",
				"internal/resource", "internal/schema", "internal/tree", "internal/verify", "internal/wording"},
			Tests: []string{"internal/binding"}, Why: "it asks what contents would be; only the engine makes them live",
		},
		{
			Package: "internal/blame", Does: "finds the layers of a change that problems may come from",
			May: []string{"source", "internal/guard", "internal/pipeline", "internal/tree"}, Why: "it compares contents, and changes nothing",
		},
		{
			Package: "internal/search", Does: "looks for the largest good part of a rejected change",
			May: []string{"source", "internal/blame", "internal/pipeline", "internal/problem", "internal/subset", "internal/tree"},
			Why: "it asks about parts of a change; only the engine makes them live",
		},
		{
			Package: "internal/admission", Does: "decides whether a content that has arrived may be tried at all",
			May: []string{"source", "manifest", "internal/blame", "internal/guard", "internal/lastgood", "internal/pipeline", "internal/schema", "internal/tree"},
			Why: "it compares contents; the engine records and reports what is held",
		},
		{
			Package: "internal/inspect", Does: "explains where the values of a version come from, given a snapshot",
			May: []string{"source", "observe", "internal/layer", "internal/pipeline", "internal/tree", "internal/wording"},
			Why: "it reads a snapshot, and so takes no lock and asks nothing",
		},
		{
			Package: "internal/history", Does: "keeps the last versions, the rejected changes and the acts of operators",
			May: []string{"observe", "internal/pipeline"}, Tests: []string{"internal/tree"}, Why: whyGeneric,
		},
		{
			Package: "internal/rescue", Does: "calls functions that may panic, end their goroutine or hang",
			Why: whyGeneric,
		},
		{
			Package: "internal/notify", Does: "subscribers, each with a mailbox of one slot",
			May: []string{"internal/rescue"}, Why: whyGeneric,
		},
		{
			Package: "internal/resource", Does: "what a service builds from its configuration: built before the swap, closed after the last user",
			May: []string{"internal/rescue", "internal/wording"}, Why: whyGeneric,
		},
		{
			Package: "internal/publickey", Does: "checks the public keys that sign manifests",
			Why: whyStep,
		},
		{
			Package: "internal/lastgood", Does: "the last known good copy on disk, and the goroutine that saves it",
			May: []string{"source", "observe", "internal/tree", "internal/verify", "github.com/gofrs/flock"}, Why: whyStep,
		},
		{
			Package: "internal/once", Does: "decides what an instance does about a hook that its fleet runs once",
			May: []string{"source"}, Tests: []string{"internal/once/oncesim"},
			Why: "it has no clock and does no I/O, so that a test can run any schedule",
		},
		{
			Package: "internal/once/oncesim", Does: "tests only: a fleet, a store and a target in simulated time",
			May: []string{"source", "internal/once"},
			Why: "it runs schedules for the tests of internal/once and for a checker of linearizability, and no program compiles it",
		},
		{
			Package: "internal/engine", Does: "the writer goroutine, and `apply`, which runs the steps in order",
			May: []string{"source", "observe", "manifest", "internal/**"},
			Why: "the engine orders the steps and gets its sources from the user; it does not know which providers there are",
		},
		{
			Package: "internal/archtest", Does: "the rules of this repository, and the code that checks them",
			Tests: []string{"go.yaml.in/yaml/v3"},
			Why:   "a check must not need what it checks",
		},
		{
			Package: "internal/apicheck", Does: "reads, counts and compares the exported API",
			Why: "a check must not need what it checks",
		},
		{
			Package: "internal/treetest", Does: "tests only: random trees for a struct, and edits that share what does not change",
			May: []string{"source", "internal/tree"}, Why: "it serves the tests of the steps, which must not import each other, and no program compiles it",
		},
		{
			Package: "internal/fakesource", Does: "tests only: a source whose content and faults a test decides",
			May: []string{"source"}, Why: "it serves the tests of code that uses sources, and no program compiles it",
		},
		{
			Package: "internal/synctest", Does: "tests only: bubbles of testing/synctest that do not crash the race detector",
			Why: "it is used in tests of any package",
		},
		{
			Package: "internal/testrun", Does: "tests only: full or reduced counts, and more waiting tests than processors",
			Why: "it sets up test runs of any package, and no program compiles it",
		},

		{
			Package: ".", Does: "what a service calls",
			May:   []string{"source", "observe", "observe/slogobserve", "binder", "validate", "internal/**"},
			Tests: []string{"source/**", "manifest", "observe/**", "providers/memory", "providers/file", "providers/env", "providers/flags", "providers/koanf", "confighttp", "describe", "go.yaml.in/yaml/v3"},
			Why: "a user of the root compiles what the root imports, so it imports no provider, and of the adapters only that of the standard library; " +
				"its tests import no client of a server, since go mod tidy of that user asks for the modules of these tests too",
		},
		{
			Package: "nacretest", Does: "configs from Go values, for tests of services",
			May: []string{".", "source", "observe", "internal/engine", "internal/given", "internal/tree", "internal/verify"}, Tests: []string{"binder", "providers/memory"},
			Why: "it feeds values to the real engine; a service does not compile it, its tests do",
		},
		{
			Package: "fleetonce", Does: "a function that one instance of a fleet runs for each version of a part of the config",
			May: []string{".", "source", "observe", "internal/engine", "internal/once", "internal/rescue", "internal/tree"}, Tests: []string{"nacretest", "providers/memory"},
			Why: "it uses a config as a service does, and the engine for the digest of a part; it does not know which stores there are",
		},
		{
			Package: "fleetonce/fleetoncetest", Does: "the conformance suite of stores of `fleetonce`",
			May: []string{"fleetonce", "source"},
			Why: "an author of a store runs this suite, which judges stores and must not depend on one",
		},
		{
			Package: "providers/nacos/nacosonce", Does: "a store of `fleetonce` in a config of Nacos",
			May:   []string{"source", "fleetonce", "providers/nacos"},
			Tests: []string{".", "fleetonce/fleetoncetest", "providers/nacos/nacostest", "providers/nacos/internal/realnacos"},
			Why:   "a service that has no such hook compiles none of it",
		},
		{
			Package: "ci/javaclient/host", Does: "lends a `nacostest` to the Java clients",
			May: []string{"providers/nacos/nacostest"},
			Why: "it lends the double to clients in other languages, and is a program of CI",
		},
		{
			Package: "ci/api", Does: "checks the exported API against `api/`",
			May: []string{"internal/apicheck"}, Why: "it checks the exported API, and is a program of CI",
		},
		{
			Package: "ci/prose", Does: "checks the words and the width of prose",
			Why: "it reads text only, and is a program of CI",
		},
		{
			Package: "ci/page", Does: "shows a service to a browser",
			May: []string{".", "confighttp", "observe", "providers/memory"},
			Why: "it shows a service to a browser, and is a program of CI",
		},
		{
			Package: "cmd/**", Does: "programs",
			May: []string{".", "source", "providers/**", "observe/**", "binder", "validate"}, Why: whyPublic,
		},
		{
			Package: "examples/**", Does: "example programs",
			May: []string{".", "source/**", "providers/**", "observe/**", "binder", "validate", "manifest", "route", "confighttp", "fleetonce", "examples/**", anyKoanf},
			Why: whyPublic,
		},
	}...)
}

const whyPublic = "programs use what a user can use: what they cannot do without internal/ is missing from the public packages"
