package archtest

// nacosRows is the part of the table for the packages of Nacos.
func nacosRows() []Row {
	return []Row{
		{
			Package: "providers/nacos", Does: "a session with a Nacos server, and sources on it",
			May: []string{"source", "route", "internal/profile", "internal/program", "internal/releaseline", "providers/nacos/internal/envconf", "providers/nacos/internal/rpc", protowire},
			Tests: []string{
				"providers/nacos/nacostest", "providers/nacos/internal/fakenacos", "providers/nacos/internal/realnacos", "providers/nacos/internal/rpc/rpctest", nacosSDK + "/api/grpc", anyProto, anyHTTP2,
			},
			Why: whyProvider,
		},
		{
			Package: "providers/nacos/internal/envconf", Does: "TLS settings and labels from the environment and from files",
			Why: "it reads what the session and the SDK's settings have in common, and knows neither",
		},
		{
			Package: "providers/nacos/internal/rpc", Does: "gRPC calls and a stream over one HTTP/2 connection of net/http",
			Tests: []string{"providers/nacos/internal/rpc/rpctest", nacosSDK + "/api/grpc", anyGRPC, anyProto, anyHTTP2},
			Why:   "it knows gRPC and nothing of Nacos, and needs the standard library alone; another implementation of gRPC tests it",
		},
		{
			Package: "providers/nacos/internal/rpc/rpctest", Does: "a server of HTTP/2 frames, for tests",
			May: []string{anyHTTP2},
			Why: "it puts frames on the wire for the tests of rpc and of the session, and knows nothing of either",
		},
		{
			Package: "providers/nacos/internal/fakenacos", Does: "a Nacos server in the process, with faults",
			May: []string{nacosSDK + "/api/grpc", anyGRPC, anyProto},
			Why: "the server is written from the protocol, not from our client: a mistake that both shared would hide itself",
		},
		{
			Package: "providers/nacos/internal/fakenacos/sdktest", Does: "tests of the SDK's clients against `fakenacos`; no code",
			Tests: []string{".", "nacretest", "providers/nacos/internal/fakenacos", "providers/nacos/nacostest", nacosSDK + "/**"},
			Why:   "it proves that the SDK's own clients work against the server, and shows a service that uses them with nacre",
		},
		{
			Package: "providers/nacos/internal/realnacos", Does: "gives tests the real server that the environment names",
			May: []string{"providers/nacos"},
			Why: "the tests of several packages take the same real server, and know its kind",
		},
		{
			Package: "providers/nacos/nacostest", Does: "the part of `fakenacos` that the tests of a service need",
			May: []string{"providers/nacos/internal/fakenacos"}, Tests: []string{"source", "providers/nacos"},
			Why: "it promises users little, so that the server of our own tests may change",
		},
		{
			Package: "providers/nacos/chaostest", Does: "tests of sessions with killed servers and bad networks; no code",
			Tests: []string{"providers/nacos", "providers/nacos/nacostest", "golang.org/x/sys/unix"},
			Why:   "it hurts servers and networks from outside, as a user's day does, and sees of a session what a user sees",
		},
		{
			Package: "providers/nacos/nacossdk", Does: "sources on a client of nacos-sdk-go that a service already has",
			May: []string{"source", nacosSDK + "/clients/config_client", nacosSDK + "/common/constant", nacosSDK + "/vo"},
			Why: "it uses the SDK's client, for services that have one, and nothing of our own session",
		},
		{
			Package: "providers/nacos/nacossdk/sdktest", Does: "tests of `nacossdk` with the SDK's real client; no code",
			Tests: []string{"providers/nacos/nacossdk", "providers/nacos/internal/fakenacos", nacosSDK + "/**"},
			Why:   "the SDK's client races with itself and leaves goroutines: it is kept from the tests that look for both",
		},
		{
			Package: "providers/nacos/ram", Does: "signs the requests of a session with an access key",
			May:   []string{"source", "providers/nacos", nacosSDK + "/common/constant", nacosSDK + "/common/security"},
			Tests: []string{"providers/nacos/nacostest", "providers/nacos/internal/fakenacos"},
			Why:   "it brings a cloud's packages, for the binaries that sign with its keys and for no others",
		},
		{
			Package: "providers/nacos/sdkconfig", Does: "converts the settings that a service has for nacos-sdk-go",
			May:   []string{"source", "providers/nacos", "providers/nacos/internal/envconf", nacosSDK + "/common/constant"},
			Tests: []string{"providers/nacos/nacostest"},
			Why:   "it knows the SDK's settings and not its client, so that a service that leaves the SDK need not compile it",
		},
	}
}
